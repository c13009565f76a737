"""Mutants: mistakes that somebody could make with dialogues, one at a time, and the worlds that must notice each.

Belongs here: the mistakes, as patches of our own code. Does not: the tales (stories.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, Final

import msgspec
import pytest

from connectors.facebook_live import wire
from connectors.region.dialogues import announcing, dialogue_life, dialogue_steps
from connectors.region.dialogues.dialogues import Dialogue
from connectors.region.ledger import letters, once
from connectors.region.sessions import enrolments, rescheduling
from tasks import tell
from tests.world import mutants

Patch = pytest.MonkeyPatch
_VERSION: Final = re.compile(r"\.[0-9]+\Z")


class Mutant(msgspec.Struct, frozen=True):
    """A mistake: ``make`` puts it in place, and the world of that tale must notice it.

    ``fault``: what strikes the first point in it whose label begins with ``label``; nothing without one.
    """

    make: Callable[[Patch], None]
    tale: str
    fault: str | None = None
    label: str = "POST /graph/v26.0/ (1 POST)"


def _cancel_forgets_the_live_video(patch: Patch) -> None:
    schedule = announcing._schedule  # noqa: SLF001 - a mutant is an operation on the inside

    def forgetful(connection: Any, rules: Any, dialogue: Dialogue, content: bytes) -> None:
        if dialogue.state != "cancelled":
            schedule(connection, rules, dialogue, content)

    patch.setattr(announcing, "_schedule", forgetful)


def _the_move_keeps_the_version(patch: Patch) -> None:
    change = dialogue_steps.change

    def unversioned(connection: Any, before: Dialogue, now: Any, **values: Any) -> Dialogue:
        values.pop("version", None)
        return change(connection, before, now, **values)

    patch.setattr(dialogue_life, "change", unversioned)


def _without_version(wanted: Mapping[str, Any]) -> dict[str, Any]:
    return {_VERSION.sub("", subject): said for subject, said in wanted.items()}


def _letters_to_hosts_without_a_version(patch: Patch) -> None:
    plan = once.plan

    def planned(connection: Any, channel: str, wanted: Mapping[str, bytes]) -> dict[str, int]:
        return plan(connection, channel, _without_version(wanted))

    patch.setattr(announcing, "once", SimpleNamespace(plan=planned))


def _letters_to_residents_without_a_version(patch: Patch) -> None:
    write = letters.write
    unversioned = SimpleNamespace(
        write=lambda connection, wanted: write(connection, _without_version(wanted))
    )
    patch.setattr(enrolments, "letters", unversioned)


def _the_last_official_keeps_the_event(patch: Patch) -> None:
    show = announcing.show
    patch.setattr(
        announcing,
        "show",
        lambda connection, rules, _before, after: show(connection, rules, None, after),
    )


def _the_last_official_is_not_told(patch: Patch) -> None:
    write = announcing.write

    def written(connection: Any, dialogue: Dialogue, kind: Any, *hosts: Any, **more: Any) -> int:
        return 0 if kind == "replaced" else write(connection, dialogue, kind, *hosts, **more)

    patch.setattr(announcing, "write", written)


def _a_time_that_is_no_more_stays_on_the_page(patch: Patch) -> None:
    patch.setattr(wire, "_waits", lambda _: False)


def _cancelled_without_telling_residents(patch: Patch) -> None:
    patch.setattr(rescheduling, "cancel_locked", lambda _, session, *__: session)


def _nobody_is_alerted(patch: Patch) -> None:
    patch.setattr(tell, "_troubled", lambda _: ())


def _nobody_hears_of_a_refused_letter(patch: Patch) -> None:
    patch.setattr(tell, "_unreached", lambda _: ())


MUTANTS: Final[Mapping[str, Mutant]] = {
    "mark before send": Mutant(mutants.MUTANTS["mark before send"].make, "announced", "die_before"),
    "no look-up of unknown": Mutant(mutants.MUTANTS["no look-up"].make, "announced", "timeout_after"),
    "cancel forgets the live video": Mutant(_cancel_forgets_the_live_video, "cancelled"),
    "the move keeps the version": Mutant(_the_move_keeps_the_version, "moved"),
    "letters to hosts without a version": Mutant(_letters_to_hosts_without_a_version, "moved twice"),
    "letters to residents without a version": Mutant(_letters_to_residents_without_a_version, "moved twice"),
    "the last official keeps the event": Mutant(_the_last_official_keeps_the_event, "another official"),
    "the last official is not told": Mutant(_the_last_official_is_not_told, "another official"),
    "nobody is alerted": Mutant(_nobody_is_alerted, "announced", "cut_after", "smtp data"),
    "nobody hears of a refused letter": Mutant(
        _nobody_hears_of_a_refused_letter, "announced", "refused", "smtp rcpt"
    ),
    "a time that is no more stays on the Page": Mutant(
        _a_time_that_is_no_more_stays_on_the_page, "moved beyond Graph's horizon"
    ),
    "cancelled without telling residents": Mutant(_cancelled_without_telling_residents, "cancelled"),
}
