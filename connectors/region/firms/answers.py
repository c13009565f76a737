"""Answers: how people found a session, and what became of their firm.

Belongs here: statements on ``answer``. Does not: the questions (schemas/questionnaires.py), or who is asked when (cohorts/outcomes.py).

An answer is kept with the enrolment that it is about, so that it can be put right by its author and goes when they are erased.
Whoever holds a session sees none of them alone: only what ``LEAST`` or more of them say together.
"""

from __future__ import annotations

import datetime as dt
from typing import Final, TypeVar

import msgspec
from sqlalchemy import text

from connectors.region.database import Region
from schemas.questionnaires import About, Answer, Satisfaction

LEAST: Final = 5  # answers that are told of together: of fewer, everybody would know whose they are
T = TypeVar("T", bound=Answer)


def keep(region: Region, enrolment: int, about: About, answer: Answer, now: dt.datetime) -> None:
    """Keep what somebody answers; what they say again counts."""
    with region.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO answer (contact_id, about, enrolment_id, content, at) SELECT e.contact_id, :about, e.id, "
                "cast(:content AS jsonb), :now FROM enrolment e WHERE e.id = :enrolment "
                "ON CONFLICT (enrolment_id, about) DO UPDATE SET content = excluded.content, at = excluded.at"
            ),
            {
                "about": about,
                "enrolment": enrolment,
                "content": msgspec.json.encode(answer).decode(),
                "now": now,
            },
        )


def get(region: Region, enrolment: int, about: About, kind: type[T]) -> T | None:
    """What somebody answered before."""
    with region.begin() as connection:
        content = connection.execute(
            text("SELECT content::text FROM answer WHERE enrolment_id = :enrolment AND about = :about"),
            {"enrolment": enrolment, "about": about},
        ).scalar_one_or_none()
    return None if content is None else msgspec.json.decode(content, type=kind)


class Heard(msgspec.Struct, frozen=True):
    """What people say of a session together: means of their marks, and their words, which nobody signed."""

    answers: int
    useful: float
    clear: float
    recommended: float
    texts: tuple[str, ...]


def heard(region: Region, session: int) -> Heard | None:
    """What people say of a session; None while fewer than ``LEAST`` have."""
    with region.begin() as connection:
        contents = connection.scalars(
            text(
                "SELECT a.content::text FROM answer a JOIN enrolment e ON e.id = a.enrolment_id "
                "WHERE e.session_id = :session AND a.about = 'satisfaction'"
            ),
            {"session": session},
        ).all()
    found = [msgspec.json.decode(content, type=Satisfaction) for content in contents]
    if len(found) < LEAST:
        return None
    return Heard(
        len(found),
        useful=sum(each.useful for each in found) / len(found),
        clear=sum(each.clear for each in found) / len(found),
        recommended=sum(each.recommended for each in found) / len(found),
        texts=tuple(sorted(each.text for each in found if each.text)),
    )
