"""A covered event for tests: students of any age, what they agreed to, media of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from itertools import count
from typing import Any, Final

from connectors.region.coverage import events, media, media_consents, students
from connectors.region.coverage.events import Event, Slot, SlotKind
from connectors.region.coverage.media import Held
from connectors.region.coverage.media_consents import Withdrawal
from connectors.region.coverage.students import Student
from connectors.region.database import Region
from schemas.coverage import ConsentKind, Giver, Scope
from tests.hands import sql

NOON: Final = dt.datetime(2026, 12, 8, 11, tzinfo=dt.UTC)
PUBLISHER: Final = "https://portail.example"
ALL_KINDS: Final[tuple[ConsentKind, ...]] = ("image", "voice", "byline")
EVERYWHERE: Final[tuple[Scope, ...]] = ("portal", "facebook", "instagram")
# The smallest whole JPEG: one grey pixel.
PIXEL: Final = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffdb004300"
    + "01" * 64
    + "ffc0000b080001000101011100ffc40014000100000000000000000000000000000009"
    "ffc40014100100000000000000000000000000000000ffda0008010100003f0037ffd9"
)
FILM: Final = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + b"\x00" * 40


class Covering:
    """An event of three days that lasts at ``now``."""

    def __init__(self, region: Region, now: dt.datetime = NOON) -> None:
        self.region, self.now = region, now
        self._numbers = count(1)
        day = now.date()
        self.event: Event = events.add(
            region, "Musilac", "Aix-les-Bains", "73", day, day + dt.timedelta(days=2), now
        )

    def student(self, age: int = 16) -> Student:
        number = next(self._numbers)
        born = self.now.date().replace(year=self.now.year - age, day=1)
        guardian = (f"Parent {number}", f"parent{number}@{self.event.ref}.example") if age < 18 else None
        return students.keep(
            self.region,
            f"Élève {number}",
            f"eleve{number}@{self.event.ref}.example",
            born,
            guardian,
            self.now,
        )

    def agree(
        self,
        student: Student,
        *givers: Giver,
        kinds: Collection[ConsentKind] = ALL_KINDS,
        scopes: Collection[Scope] = EVERYWHERE,
        **more: Any,
    ) -> None:
        """They agree, by default whoever is needed, to everything."""
        for giver in givers or (("student", "guardian") if student.minor(self.now) else ("student",)):
            who: Giver = "guardian" if giver == "guardian" else "student"
            media_consents.give(
                self.region, student.id, who, kinds, scopes, self.event.id, "a test", self.now, **more
            )

    def agreed(self, age: int = 16) -> Student:
        student = self.student(age)
        self.agree(student)
        return student

    def slot(self, kind: SlotKind = "wall", *people: Student) -> Slot:
        return events.plan(
            self.region,
            self.event.ref,
            kind,
            "@boostez",
            self.now,
            self.now + dt.timedelta(hours=1),
            [each.id for each in people],
            self.now,
        )

    def medium(
        self,
        *people: Student,
        kind: SlotKind = "wall",
        content: bytes = PIXEL,
        author: Student | None = None,
        caption: str = "La scène, juste avant le concert",
    ) -> Held:
        draft = media.Draft(
            slot=self.slot(kind).id,
            caption=caption,
            alt="Deux élèves devant une scène",
            author=author.id if author else None,
            people=tuple(each.id for each in people),
        )
        return media.add(self.region, draft, content, self.now)

    def publish(self, medium: Held, *scopes: Scope) -> Held:
        where: tuple[Scope, ...] = scopes or ("portal", "instagram")
        return media.publish(self.region, PUBLISHER, medium.ref, where, "Ada", self.now)

    def published(self, *people: Student, **more: Any) -> Held:
        return self.publish(self.medium(*people, **more))

    def withdraw(self, student: Student, giver: Giver | None = None) -> Withdrawal:
        return media_consents.withdraw(self.region, student.id, giver, giver or "Ada", self.now)

    def read(self, medium: Held) -> Held:
        found = media.find(self.region, medium.ref)
        assert found
        return found

    def wall(self) -> list[str]:
        return [medium.ref for medium, _ in media.wall(self.region, self.event.id, self.now)]

    def wanted(self) -> dict[str, bool]:
        """What Instagram is to show, by subject."""
        rows = sql(
            self.region,
            "SELECT subject, wanted_hash IS NOT NULL AS there FROM effect WHERE channel = 'instagram'",
        )
        return {row.subject: row.there for row in rows}
