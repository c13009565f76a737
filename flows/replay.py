"""Doing again what went wrong: payloads in quarantine, failed effects, what a channel carries.

Belongs here: the order, and the forms that staff fill. Does not: choosing or marking (tasks/).

Each is dry unless told otherwise, and the same asked for twice within minutes is refused: a double click is no second wish.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal, get_args

import msgspec
from prefect import flow
from prefect.runtime import flow_run
from pydantic import Field

from connectors.region.access import acts
from connectors.region.database import safe_region
from connectors.region.offers import quarantine, walks
from connectors.region.publishing import replays
from connectors.registry import CHANNELS, EVERY, SOURCES, WANTED
from connectors.settings import settings
from schemas.errors import BoostezError, Cause, Misconfigured
from tasks.recheck import Rechecked, recheck
from tasks.replay import Outcome, replay_carried, replay_failed
from tasks.replay_table import show_replay

SourceName = Annotated[str, Field(title="one", json_schema_extra={"enum": [*SOURCES]})] | None
ChannelName = Annotated[str, Field(json_schema_extra={"enum": [*CHANNELS, *WANTED]})]
AnyChannel = Annotated[str, Field(title="one", json_schema_extra={"enum": [*EVERY]})] | None
CauseName = Annotated[str, Field(title="one", json_schema_extra={"enum": [*get_args(Cause)]})] | None
By = Annotated[str, Field(min_length=2, description="Your name; it is in the log of acts.")]
Kind = Literal["replay-quarantine", "replay-channel", "replay-effects"]


def _named(what: str, *filters: str) -> Callable[[], str]:
    """A run's name: what it replays, which of it, and whether it only looks."""

    def name() -> str:
        asked = flow_run.parameters
        chosen = [str(asked[each]) for each in filters if asked.get(each)]
        dry = ["dry run"] if asked.get("dry_run", True) else []
        return ", ".join([f"replay {what}", *chosen, *dry])

    return name


@flow(name="replay-quarantine", flow_run_name=_named("quarantine", "source", "cause"), description=__doc__)
def replay_quarantine(
    by: By,
    source: SourceName = None,
    cause: str | None = None,
    since: dt.datetime | None = None,
    refs: list[str] | None = None,
    dry_run: bool = True,
) -> dict[str, Any]:
    """Judge what is in quarantine again; the next sync publishes what was let in.

    Args:
        by: Your name.
        source: Only this source; None: all.
        cause: Only what this rule refused, as `boostez status` names it.
        since: Only what came since then.
        refs: Only these references, or keys of the portal.
        dry_run: Only tell what would be done; switch it off to do it.

    """
    chosen = quarantine.Choice(cause=cause, since=since, refs=_sorted(refs))
    total = Rechecked(dry=dry_run)
    asked = {"source": source, **msgspec.structs.asdict(chosen)}
    with _begun("replay-quarantine", by, asked, dry=dry_run) as number:
        for name in [source] if source else quarantine.sources(safe_region()):
            with safe_region().sole_sync(name):
                told = recheck(safe_region(), number, name, chosen, dry=dry_run)
            total.released += told.released
            total.kept += told.kept
            total.examples = (total.examples + told.examples)[: replays.EXAMPLES]
        return _finished(number, total)


@flow(name="replay-channel", flow_run_name=_named("channel", "channel"), description=__doc__)
def replay_channel(
    channel: ChannelName,
    by: By,
    since: dt.datetime | None = None,
    refs: list[str] | None = None,
    dry_run: bool = True,
) -> dict[str, Any]:
    """Write again what a channel carries: after somebody spoilt it, or a look that must be renewed.

    Args:
        channel: The channel.
        by: Your name.
        since: Only what was written since then.
        refs: Only these references, or keys of the portal.
        dry_run: Only tell what would be done; switch it off to do it.

    """
    _check(channel, (*CHANNELS, *WANTED))
    chosen = replays.Choice(channel=channel, since=since, refs=_sorted(refs))
    with _begun("replay-channel", by, msgspec.structs.asdict(chosen), dry=dry_run) as number:
        return _finished(number, replay_carried(safe_region(), settings(), chosen, dry=dry_run))


@flow(name="replay-effects", flow_run_name=_named("effects", "channel", "cause"), description=__doc__)
def replay_effects(
    by: By,
    channel: AnyChannel = None,
    cause: CauseName = None,
    since: dt.datetime | None = None,
    refs: list[str] | None = None,
    parked: bool = False,
    dry_run: bool = True,
) -> dict[str, Any]:
    """Try failed effects again: all that failed because a token had expired, say.

    Args:
        by: Your name.
        channel: Only this channel; None: all.
        cause: Only what failed for this; None: for anything.
        since: Only what failed since then.
        refs: Only these references, or keys of the portal.
        parked: Also those whose outcome nobody can look up: they may happen twice.
        dry_run: Only tell what would be done; switch it off to do it.

    """
    _check(channel, EVERY)
    _check(cause, get_args(Cause))
    chosen = replays.Choice(channel=channel, cause=cause, since=since, refs=_sorted(refs), parked=parked)
    with _begun("replay-effects", by, msgspec.structs.asdict(chosen), dry=dry_run) as number:
        return _finished(number, replay_failed(safe_region(), settings(), chosen, dry=dry_run))


def _check(asked: str | None, known: Collection[str]) -> None:
    """Refuse what is not known: a replay of nothing would look like one that is done."""
    if asked is not None and asked not in known:
        raise Misconfigured(f"There is no {asked!r}: there are {', '.join(known)}.")


def _sorted(refs: list[str] | None) -> tuple[str, ...]:
    """The same references in another order are the same wish."""
    return tuple(sorted(set(refs or ())))


@contextmanager
def _begun(kind: Kind, by: str, asked: dict[str, Any], *, dry: bool) -> Iterator[int | None]:
    """The run's number; a dry one is none, and may be asked for as often as one likes.

    Raises:
        Refused: a double click.

    """
    database = safe_region()
    with database.at_work(), acts.signed(by):
        number = None if dry else replays.begin(database, kind, asked, settings().replay_debounce_seconds)
        try:
            yield number
        except BoostezError:
            if number is not None:
                replays.give_up(database, number)
            raise


def _finished(number: int | None, told: Outcome | Rechecked) -> dict[str, Any]:
    shown = dict(msgspec.to_builtins(told))
    if number is not None:
        walks.finish_run(safe_region(), number, shown)
    show_replay(told)
    return shown
