"""Holding a session, at another time or place, or not at all: what staff press.

Belongs here: the forms. Does not: what a change does to those who were told (connectors/region/sessions/rescheduling.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

import msgspec
from prefect import flow
from pydantic import Field

from connectors import clock
from connectors.region.access import acts
from connectors.region.cohorts import coaches
from connectors.region.database import safe_region
from connectors.region.sessions import rescheduling, sessions
from connectors.region.sessions.rescheduling import Change
from connectors.region.sessions.sessions import Draft
from connectors.reminder_rules import reminder_rules
from connectors.settings import settings

By = Annotated[str, Field(min_length=2, description="Your name; it is in the log of acts.")]
Why = Annotated[str, Field(min_length=3)]
Title = Annotated[str, Field(min_length=3, max_length=120)]
Minutes = Annotated[int, Field(ge=15, le=600)]
Capacity = Annotated[int, Field(ge=1, le=10_000)]


@flow(name="hold-session", flow_run_name="hold {title}", description=__doc__)
def hold_session(
    title: Title,
    starts: dt.datetime,
    minutes: Minutes,
    capacity: Capacity,
    by: By,
    kind: Literal["seminar", "dialogue"] = "seminar",
    place: str | None = None,
    address: str | None = None,
    link: str | None = None,
    department: str | None = None,
    summary: str = "",
    coach: str | None = None,
) -> dict[str, Any]:
    """Open a session: from now on it is on the portal, and people register.

    Args:
        title: In French, as residents read it.
        starts: What clocks in Paris show then (2026-12-08T18:30:00); a zone that is given is left out.
        minutes: How long it lasts.
        capacity: Places; who comes later waits for one.
        by: Your name.
        kind: A seminar for firms, or a dialogue with officials. A cohort's sessions are made with the cohort.
        place: Where, in words: "CCI de Lyon, salle 2".
        address: Its postal address.
        link: Where it is held online; only those who take part see it.
        department: Its two digits.
        summary: What it is about, in French.
        coach: The e-mail address of who holds it; they are told what people must be phoned about.

    Raises:
        Misconfigured: there is no such coach.
        Refused: it would have begun already.

    """
    region = safe_region()
    draft = Draft(
        kind=kind,
        title=title,
        starts_wall=starts.replace(tzinfo=None),
        minutes=minutes,
        capacity=capacity,
        summary=summary,
        place=place,
        address=address,
        link=link,
        department=department,
        coach_id=coaches.named(region, coach).id if coach else None,
    )
    with acts.signed(by):
        return dict(msgspec.to_builtins(sessions.add(region, draft, clock.now())))


@flow(name="move-session", flow_run_name="move {session}", description=__doc__)
def move_session(
    session: str,
    by: By,
    starts: dt.datetime | None = None,
    minutes: Minutes | None = None,
    capacity: Capacity | None = None,
    place: str | None = None,
    address: str | None = None,
    link: str | None = None,
    coach: str | None = None,
) -> dict[str, Any]:
    """Change a session. Another time or place is told at once to all who take part or wait, and their reminders move with it.

    Args:
        session: Its reference, S-….
        by: Your name.
        starts: What clocks in Paris show then; empty: as it was.
        minutes: How long it lasts; empty: as it was.
        capacity: Places; more of them are filled from the waiting list. Fewer take nobody's away.
        place: Where, in words; empty: as it was.
        address: Its postal address; empty: as it was.
        link: Where it is held online; empty: as it was.
        coach: The e-mail address of who holds it; empty: as it was.

    Raises:
        Misconfigured: there is no such session or coach.
        Refused: it is cancelled or has begun, or would have begun already.

    """
    region, rules = safe_region(), reminder_rules(settings().reminders_file)
    wanted = Change(
        starts_wall=starts.replace(tzinfo=None) if starts else None,
        minutes=minutes,
        capacity=capacity,
        place=place,
        address=address,
        link=link,
        coach_id=coaches.named(region, coach).id if coach else None,
    )
    with region.at_work(), acts.signed(by):
        changed = rescheduling.change(region, rules, session, wanted, clock.now())
    return dict(msgspec.to_builtins(changed))


@flow(name="cancel-session", flow_run_name="cancel {session}", description=__doc__)
def cancel_session(session: str, reason: Why, by: By) -> dict[str, Any]:
    """Cancel a session: all who take part or wait are told at once, and nobody is reminded of it any more. There is no undo.

    Args:
        session: Its reference, S-….
        reason: In French: those who were to come read it.
        by: Your name.

    Raises:
        Misconfigured: there is no such session.
        Refused: it has begun.

    """
    region = safe_region()
    with region.at_work(), acts.signed(by):
        cancelled = rescheduling.cancel(region, session, reason, clock.now())
    return dict(msgspec.to_builtins(cancelled))
