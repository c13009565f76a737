"""Dialogues: what each is about, who holds it, when and where.

Belongs here: adding and reading ``dialogue``. Does not: its steps, which people must be told of (dialogue_life.py), seasons
(seasons.py), or what residents ask (questions/questions.py).
"""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections.abc import Collection, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, text

from connectors.region.database import Region
from connectors.region.sessions.sessions import shown
from core import wall
from core.dialogues import PUBLIC, State
from schemas.dialogue import Announcement, Form
from schemas.errors import Misconfigured

REF: Final = re.compile(r"[0-9a-z]{1,32}")
_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: no i, l, o, u


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What a dialogue is to be. Without an official, a moderator and a time it stays a draft, for a season to place."""

    theme: str
    title: str
    form: Form
    minutes: int
    summary: str = ""
    department: str | None = None
    season_id: int | None = None
    official_id: int | None = None
    moderator_id: int | None = None
    venue_id: int | None = None
    starts_wall: dt.datetime | None = None


class Dialogue(msgspec.Struct, frozen=True, kw_only=True):
    """A dialogue, with the names of who holds it; ``starts_at`` is an instant. ``official`` is name and office."""

    id: int
    ref: str
    season_id: int | None
    theme: str
    title: str
    summary: str
    form: Form
    department: str | None
    official_id: int | None
    moderator_id: int | None
    venue_id: int | None
    starts_wall: dt.datetime | None
    zone: str
    starts_at: dt.datetime | None
    minutes: int
    locked: bool
    version: int
    was_at: dt.datetime | None
    state: State
    session_id: int | None
    reason: str | None
    replay: str | None
    record: str | None
    fallen_back_at: dt.datetime | None
    changed_at: dt.datetime
    official: str | None = None
    moderator: str | None = None
    venue: str | None = None
    address: str | None = None
    venue_department: str | None = None
    seats: int = 0

    @property
    def ends_at(self) -> dt.datetime | None:
        """When it is over."""
        return None if self.starts_at is None else self.starts_at + dt.timedelta(minutes=self.minutes)

    def announcement(self, theme: str) -> Announcement:
        """What public places say of it; ``theme`` is its theme's French label."""
        assert self.starts_at is not None
        ended = self.state in {"closed", "answered", "archived"}
        return Announcement(
            ref=self.ref,
            version=self.version,
            state="cancelled" if self.state == "cancelled" else "over" if ended else "announced",
            form=self.form,
            title=self.title,
            summary=self.summary,
            theme=theme,
            official=self.official or "",
            moderator=self.moderator or "",
            starts=self.starts_at.astimezone(dt.UTC),
            minutes=self.minutes,
            zone=self.zone,
            place=self.venue if self.form == "live" else None,
            department=self.department,
            was=self.was_at and self.was_at.astimezone(dt.UTC),
            reason=self.reason,
            replay=self.replay,
        )


_OWN: Final = Dialogue.__struct_fields__[: Dialogue.__struct_fields__.index("official")]
SELECT: Final = (
    f"SELECT {', '.join(f'd.{name}' for name in _OWN)}, concat_ws(', ', o.name, o.office) AS official, m.name AS moderator, "
    "v.name AS venue, v.address, v.department AS venue_department, coalesce(v.seats, 0) AS seats FROM dialogue d "
    "LEFT JOIN official o ON o.id = d.official_id LEFT JOIN moderator m ON m.id = d.moderator_id LEFT JOIN venue v ON v.id = d.venue_id"
)


def read(row: Any) -> Dialogue:
    """The dialogue of a row of ``SELECT``."""
    told = row._asdict()
    return Dialogue(**{**told, "official": told["official"] or None})


def new_ref(letter: str) -> str:
    """A reference that nobody guesses: a letter that says of what, and eight more signs in [0-9a-z]."""
    return letter + "".join(secrets.choice(_ALPHABET) for _ in range(8))


def add(region: Region, draft: Draft, now: dt.datetime) -> Dialogue:
    """Keep a draft.

    Raises:
        Refused: the clocks never show its time (they are put forward), or it names nobody that is known.

    """
    ref = new_ref("d")
    starts_at = None if draft.starts_wall is None else wall.instant(draft.starts_wall, "Europe/Paris")
    with region.begin() as connection:
        connection.execute(
            text(
                f"INSERT INTO dialogue (ref, {', '.join(Draft.__struct_fields__)}, starts_at, created_at, changed_at) "
                f"VALUES (:ref, {', '.join(f':{name}' for name in Draft.__struct_fields__)}, :starts_at, :now, :now)"
            ),
            {**shown(msgspec.structs.asdict(draft)), "ref": ref, "starts_at": starts_at, "now": now},
        )
        return lock(connection, ref)


def named(region: Region, ref: str) -> Dialogue | None:
    """The dialogue of that reference."""
    if not REF.fullmatch(ref):
        return None
    with region.begin() as connection:
        row = connection.execute(text(f"{SELECT} WHERE d.ref = :ref"), {"ref": ref}).one_or_none()
    return None if row is None else read(row)


def of_sessions(region: Region, refs: Collection[str]) -> dict[str, str]:
    """Which dialogue each of these sessions belongs to: reference by reference. One that belongs to none is left out."""
    with region.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT s.ref, d.ref AS dialogue FROM session s JOIN dialogue d ON d.session_id = s.id WHERE s.ref = ANY(:refs)"
            ),
            {"refs": list(refs)},
        )
        return {row.ref: row.dialogue for row in rows}


def live_video(region: Region, ref: str) -> str | None:
    """The number of a dialogue's live video on the Page, when it is there as far as receipts tell."""
    with region.begin() as connection:
        video = connection.scalar(
            text(
                "SELECT remote_id FROM effect WHERE channel = 'facebook_live' AND subject = :ref AND live_hash IS NOT NULL"
            ),
            {"ref": ref},
        )
    return str(video) if str(video).isdecimal() else None


def lock(connection: Connection, which: int | str) -> Dialogue:
    """The dialogue of that number or reference, which nobody else changes until this transaction ends.

    Raises:
        Misconfigured: there is none.

    """
    key = "ref" if isinstance(which, str) else "id"
    row = connection.execute(
        text(f"{SELECT} WHERE d.{key} = :which FOR UPDATE OF d"), {"which": which}
    ).one_or_none()
    if row is None:
        raise Misconfigured(f"No dialogue {which}: `boostez dialogue list` shows which there are.")
    return read(row)


def listed(
    region: Region,
    *,
    states: Collection[State] = PUBLIC,
    season: int | None = None,
    department: str | None = None,
    theme: str | None = None,
    official: int | None = None,
    after: dt.datetime | None = None,
    before: dt.datetime | None = None,
    latest_first: bool = False,
    limit: int = 200,
) -> list[Dialogue]:
    """Dialogues by time, those without one last. ``department`` finds also those that are for everybody.

    ``after`` and ``before`` are instants that they begin at or after, or before.
    """
    filters: Sequence[tuple[str, object]] = (
        ("d.season_id = :season", season),
        ("(d.department IS NULL OR d.department = :department)", department),
        ("d.theme = :theme", theme),
        ("d.official_id = :official", official),
        ("d.starts_at >= :after", after),
        ("d.starts_at < :before", before),
    )
    conditions = ["d.state = ANY(:states)", *(condition for condition, value in filters if value is not None)]
    order = "DESC" if latest_first else "ASC"
    with region.begin() as connection:
        rows = connection.execute(
            text(
                f"{SELECT} WHERE {' AND '.join(conditions)} ORDER BY d.starts_at {order} NULLS LAST, d.id LIMIT :n"
            ),
            {
                "states": list(states),
                "season": season,
                "department": department,
                "theme": theme,
                "official": official,
                "after": after,
                "before": before,
                "n": limit,
            },
        )
        return [read(row) for row in rows]
