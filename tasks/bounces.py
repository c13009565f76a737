"""Letters that came back: read from the mailbox, noted, and told to whoever can telephone.

Belongs here: each step on its own. Does not: their order (flows/bounces.py), what a report says (core/bounces.py), what follows for an
address (connectors/region/people/bounces.py).
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Final

import msgspec
from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from connectors.bounces.maildir import Read, read_new
from connectors.region.database import Region
from connectors.region.people import bounces
from connectors.region.people.bounces import Taken
from core.bounces import Bounce
from core.days import at_paris
from tasks.tell import RUNBOOK, over, sound

PAGE: Final = f"{RUNBOOK}/letters-come-back.md"


class Came(msgspec.Struct, frozen=True):
    """What the mailbox held, and what came of it."""

    read: Read
    taken: Taken


@task(name="take-bounces", retries=0, cache_policy=NO_CACHE)
def take_bounces(region: Region, mailbox: Path, now: dt.datetime) -> Came:
    """Note everything that came back to the mailbox. A mail is put aside after that, so a crash in between loses nothing."""
    taken = Taken()

    def take(found: tuple[Bounce, ...]) -> None:
        for bounce in found:
            taken.add(bounces.take(region, bounce, now))

    came = Came(read_new(mailbox, take), taken)
    if taken.unknown:
        get_run_logger().warning(
            "%d reports name no letter of ours, or one of before a restore", taken.unknown
        )
    if came.read.skipped:
        get_run_logger().warning("%d files in the mailbox cannot be read", came.read.skipped)
    return came


@task(name="tell-of-bounces", retries=0, cache_policy=NO_CACHE)
def tell_of_bounces(region: Region, now: dt.datetime) -> int:
    """Have coaches know whose address takes no letters any more. Where there is no coach, or it is a coach's own, an alert tells.

    Returns how many coaches are written to.
    """
    causes = [_alone(region, each) for each in bounces.without_coach(region, now)]
    causes += [_coach(region, coach) for coach in bounces.of_coaches(region)]
    told = bounces.tell_coaches(region, now)
    over(region, *causes)  # told is told: nothing stands open
    return told


def _alone(region: Region, each: bounces.Alone) -> str:
    cause = f"bounces {each.session} {each.first}"
    message = (
        f"{each.people} people of « {each.title} » ({at_paris(each.starts_at)}) take no letters any more, and it has no coach "
        f"who could be told. Phone them: `boostez session people {each.session}` names them. More: {PAGE}"
    )
    sound(region, cause, f"Letters to people of {each.session} come back", message)
    return cause


def _coach(region: Region, coach: int) -> str:
    cause = f"bounces of coach {coach}"
    message = (
        f"Letters to coach {coach} come back: nobody reads what they are told of people to phone. `boostez coach list --json` says who it "
        f"is; `boostez coach add` gives another address. More: {PAGE}"
    )
    sound(region, cause, f"Letters to coach {coach} come back", message)
    return cause
