"""Dialogues for tests: one that is like any, and any that there can be."""

from __future__ import annotations

import datetime as dt
from itertools import count
from typing import Any

from hypothesis import strategies as st

from core.effects import Intent, marker_of
from core.plan import Operation
from schemas.dialogue import Announcement, encode

EVENING = dt.datetime(2026, 12, 8, 17, 30, tzinfo=dt.UTC)
NIGHTS = [dt.datetime(2026, 3, 29, 1, tzinfo=dt.UTC), dt.datetime(2026, 10, 25, 1, tzinfo=dt.UTC)]
_numbers = count(1)


def announcement(**changes: Any) -> Announcement:
    values: dict[str, Any] = {
        "ref": "d1",
        "version": 1,
        "state": "announced",
        "form": "live",
        "title": "L’apprentissage près de chez vous",
        "summary": "Une heure pour vos questions.",
        "theme": "Apprentissage",
        "official": "Ada Martin, vice-présidente déléguée à l’apprentissage",
        "moderator": "Camille Durand",
        "starts": EVENING,
        "minutes": 60,
        "place": "Hôtel de Région, Lyon",
        **changes,
    }
    return Announcement(**values)


def intent(
    subject: str, operation: Operation, lease: int, said: Announcement | None, effect: int | None = None
) -> Intent:
    content = None if said is None else encode(said)
    number = effect or next(_numbers)
    return Intent(number, subject, operation, marker_of(subject, lease), None, content, EVENING)


hostile = st.text(max_size=60) | st.sampled_from(
    [
        "a\r\nBEGIN:VALARM",
        "a\nEND:VEVENT\nEND:VCALENDAR",
        'x";X=1:mailto:evil@example',
        "a\\nb",
        "a;b,c\\",
        "\u202etxt",
        "é" * 300,
        "👩‍👩‍👧 🎤" * 20,
        "\x00\x0b\u2028\x85",
        "https://portail.example/dialogues/d2?e=d2.o1-9",
    ]
)
instants = st.datetimes(dt.datetime(1997, 1, 1), dt.datetime(2099, 12, 1)).map(  # noqa: DTZ001 - made UTC
    lambda moment: moment.replace(tzinfo=dt.UTC, microsecond=0)
) | st.builds(
    lambda night, minutes: night + dt.timedelta(minutes=minutes),
    st.sampled_from(NIGHTS),
    st.integers(-180, 180),
)
announcements = st.builds(
    Announcement,
    ref=st.text("0123456789abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=12),
    version=st.integers(1, 99),
    state=st.sampled_from(["announced", "cancelled", "over"]),
    form=st.sampled_from(["live", "written"]),
    title=hostile,
    summary=hostile,
    theme=hostile,
    official=hostile,
    moderator=hostile,
    starts=instants,
    minutes=st.integers(1, 600),
    place=st.none() | hostile,
    was=st.none() | instants,
    reason=st.none() | hostile,
    replay=st.none() | st.just("https://video.example/1"),
)
