"""Dialogues for tests, one line each: officials, moderators, venues, and what channels are wanted to show of it.

``NOON`` (tests/makers.py) is a Tuesday; a dialogue is three weeks later, at 18:30 by the clocks of Paris.
"""

from __future__ import annotations

import datetime as dt
import itertools
from pathlib import Path
from typing import Any, Final

import msgspec

from connectors.dialogue_rules import dialogue_rules
from connectors.region.database import Region
from connectors.region.dialogues import dialogue_life, dialogues, hosts
from connectors.region.dialogues.dialogue_life import Placement
from connectors.region.dialogues.dialogue_steps import Hub
from connectors.region.dialogues.dialogues import Dialogue
from core.dialogues import Rules
from schemas.dialogue import Announcement, decode
from tests.hands import sql
from tests.makers import NOON
from tests.reminder_rules import RULES

STARTS: Final = dt.datetime.fromisoformat("2026-12-15T18:30")
CARRIERS: Final = frozenset({"facebook_dialogues", "facebook_live", "caldav"})
FILE: Final = Path(__file__).parents[1] / "deployments" / "dialogue.toml"
PUBLISHER: Final = "https://boostez.example"


def rules() -> Rules:
    """Those of the reviewed file."""
    return dialogue_rules(FILE, CARRIERS)


class Dialogues:
    """Dialogues as staff hold them, with a clock that a test sets."""

    def __init__(self, region: Region, now: dt.datetime = NOON) -> None:
        self.region, self.now = region, now
        self.hub = Hub(rules(), RULES, PUBLISHER)
        self._numbers = itertools.count(1)

    def official(self, **changes: Any) -> int:
        number = next(self._numbers)
        return hosts.keep_official(
            self.region,
            f"Élue {number}",
            "vice-présidente déléguée à l’emploi",
            f"elue{number}@region.example",
            **changes,
        ).id

    def moderator(self, **changes: Any) -> int:
        number = next(self._numbers)
        return hosts.keep_moderator(
            self.region, f"Modératrice {number}", f"m{number}@region.example", **changes
        ).id

    def venue(self, **changes: Any) -> int:
        number = next(self._numbers)
        return hosts.keep_venue(self.region, f"Studio {number}", "69", "studio", **changes).id

    def draft(self, **changes: Any) -> Dialogue:
        plain = dialogues.Draft(
            theme="jobs", title="L’emploi des jeunes", form="live", minutes=60, department="69"
        )
        return dialogues.add(self.region, msgspec.structs.replace(plain, **changes), self.now)

    def placement(self, **changes: Any) -> Placement:
        """Somebody and somewhere new, three weeks from now."""
        made: dict[str, Any] = {
            "official_id": self.official,
            "moderator_id": self.moderator,
            "venue_id": self.venue,
        }
        found = {name: changes.get(name, make) for name, make in made.items()}
        return Placement(
            starts_wall=changes.get("starts_wall", STARTS),
            **{name: value() if callable(value) else value for name, value in found.items()},
        )

    def approved(self, *, where: Placement | None = None, **changes: Any) -> Dialogue:
        made = self.draft(**changes)
        return dialogue_life.approve(self.region, made.ref, where or self.placement(), "Ada", self.now)

    def announced(self, *, where: Placement | None = None, **changes: Any) -> Dialogue:
        made = self.approved(where=where, **changes)
        return dialogue_life.announce(self.region, self.hub, made.ref, "Ada", self.now)

    def read(self, dialogue: Dialogue) -> Dialogue:
        found = dialogues.named(self.region, dialogue.ref)
        assert found is not None
        return found

    def wanted(self, dialogue: Dialogue) -> dict[str, Announcement | None]:
        """What channels are wanted to show, by channel and subject."""
        rows = sql(
            self.region,
            "SELECT channel, subject, CASE WHEN wanted_hash IS NOT NULL THEN content::text END AS said FROM effect "
            "WHERE subject LIKE :ref || '%' ORDER BY channel, subject",
            ref=dialogue.ref,
        )
        return {
            f"{row.channel} {row.subject.removeprefix(dialogue.ref)}".strip(): row.said
            and decode(row.said.encode())
            for row in rows
        }

    def letters(self) -> list[str]:
        """To whom which letters are written: kind and host, in order of writing."""
        rows = sql(
            self.region,
            "SELECT content ->> 'kind' AS kind, content ->> 'host' AS host, content ->> 'of' AS number FROM effect "
            "WHERE channel = 'mail' AND content ->> 'about' = 'dialogue_host' ORDER BY id",
        )
        return [f"{row.kind} {row.host} {row.number}" for row in rows]

    def shown(self) -> None:
        """Every channel has done what was wanted of it."""
        sql(
            self.region,
            "WITH done AS (UPDATE effect SET state = 'done', live_hash = wanted_hash, remote_id = subject "
            "WHERE channel <> 'mail' RETURNING 1) SELECT count(*) FROM done",
        )
