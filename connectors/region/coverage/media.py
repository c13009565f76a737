"""Media of covered events: kept, published where everybody whom they show has agreed to it, and withdrawn.

Belongs here: statements on ``medium`` and the roll, each with what it wants of Instagram in the same commit. Does not: consents
(media_consents.py), Instagram's words (connectors/instagram), or the portal's pages.

Whether a medium may be shown is judged when it is published, when it leaves for Instagram, and whenever the portal shows it: what it
hangs on may end in between.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Sequence
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import Connection, text

from connectors.region.access import acts
from connectors.region.coverage import students
from connectors.region.coverage.events import SlotKind
from connectors.region.database import Region
from connectors.region.dialogues.dialogues import new_ref
from connectors.region.ledger import wants
from connectors.region.sessions.sessions import shown
from core import consents, jpeg
from core.consents import NEEDED, Person
from schemas.coverage import ConsentKind, Medium, MediumKind, Scope, encode
from schemas.errors import Misconfigured, Refused

INSTAGRAM: Final = "instagram"
SCOPES: Final[tuple[Scope, ...]] = ("portal", "instagram")  # where media are shown; Facebook has live videos
LARGEST: Final[dict[MediumKind, int]] = {"image": 8_000_000, "video": 50_000_000}  # bytes; 8 MB: Instagram's
EXTENSION: Final[dict[MediumKind, str]] = {"image": "jpg", "video": "mp4"}
_NAMED: Final[tuple[ConsentKind, ...]] = ("byline",)
STORY_LASTS: Final = dt.timedelta(hours=24)  # then Instagram takes it away by itself


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A medium as the hub holds it; ``scopes`` is where it is shown now, ``event`` the event's number."""

    id: int
    ref: str
    author_id: int | None
    kind: MediumKind
    caption: str
    alt: str
    state: Literal["draft", "published", "withdrawn"]
    scopes: tuple[Scope, ...]
    turn: int
    published_at: dt.datetime | None
    event: int
    event_ref: str
    event_name: str
    open: bool
    slot: SlotKind

    def said(self, publisher: str) -> bytes:
        """What its effect says."""
        return encode(
            Medium(
                ref=self.ref,
                turn=self.turn,
                kind=self.kind,
                format="story" if self.slot == "story" else "post",
                url=f"{publisher}/medias/{self.ref}.{EXTENSION[self.kind]}",
                caption=self.caption,
                alt=self.alt,
                event=self.event_name,
            )
        )


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A medium to be kept: of a slot, made by ``author``, showing ``people``, all by number."""

    slot: int
    caption: str
    alt: str
    author: int | None
    people: tuple[int, ...]


class Step(msgspec.Struct, frozen=True):
    """A line of the roll."""

    ref: str
    step: Literal["published", "withdrawn"]
    scopes: tuple[Scope, ...]
    by: str
    why: str | None
    at: dt.datetime


_SELECT: Final = (
    "SELECT m.id, m.ref, m.author_id, m.kind, m.caption, m.alt, m.state, m.scopes, m.turn, m.published_at, e.id AS event, "
    "e.ref AS event_ref, e.name AS event_name, e.state = 'open' AS open, s.kind AS slot "
    "FROM medium m JOIN slot s ON s.id = m.slot_id JOIN event e ON e.id = s.event_id"
)


def _read(row: Any) -> Held:
    return Held(**{**row._asdict(), "scopes": tuple(row.scopes)})


def kind_of(content: bytes) -> MediumKind:
    """What a file is, by its first bytes.

    Raises:
        Refused: neither JPEG nor MP4, or too large: Instagram takes nothing else.

    """
    kind: MediumKind | None = None
    if jpeg.is_jpeg(content):
        kind = "image"
    elif content[4:8] == b"ftyp":
        kind = "video"
    if kind is None:
        raise Refused("The file is neither a JPEG image nor an MP4 video: Instagram takes nothing else.")
    if len(content) > LARGEST[kind]:
        raise Refused(f"The file has {len(content):,} bytes; a {kind} has {LARGEST[kind]:,} at most.")
    return kind


def add(region: Region, draft: Draft, content: bytes, now: dt.datetime) -> Held:
    """Keep a medium as a draft. What an image's file says of where it was taken and with what is not kept.

    Raises:
        Misconfigured: there is no such slot.
        Refused: neither JPEG nor MP4, too large, broken, or without words for those who do not see it.

    """
    kind = kind_of(content)
    if not draft.alt.strip():
        raise Refused("Say what the medium shows, for those who do not see it.")
    if kind == "image":
        content = jpeg.bare(content)
    ref = new_ref("m")
    with region.begin() as connection:
        if not connection.scalar(
            text("SELECT EXISTS (SELECT FROM slot WHERE id = :slot)"), {"slot": draft.slot}
        ):
            raise Misconfigured(f"No slot {draft.slot}: `boostez event show` lists an event's.")
        number = connection.execute(
            text(
                "INSERT INTO medium (ref, slot_id, author_id, kind, digest, caption, alt, created_at, changed_at) VALUES "
                "(:ref, :slot, :author, :kind, :digest, :caption, :alt, :now, :now) RETURNING id"
            ),
            {
                "ref": ref,
                "slot": draft.slot,
                "author": draft.author,
                "kind": kind,
                "digest": hashlib.sha256(content).digest(),
                **shown({"caption": draft.caption, "alt": draft.alt}),
                "now": now,
            },
        ).scalar_one()
        connection.execute(
            text("INSERT INTO medium_file (medium_id, content) VALUES (:id, :content)"),
            {"id": number, "content": content},
        )
        connection.execute(
            text(
                "INSERT INTO medium_person (medium_id, student_id) SELECT :id, unnest(cast(:people AS bigint[]))"
            ),
            {"id": number, "people": sorted(set(draft.people))},
        )
        return _lock(connection, ref)


def find(region: Region, ref: str) -> Held | None:
    """The medium of that reference."""
    with region.begin() as connection:
        return _find(connection, ref)


def listed(region: Region, event: int) -> list[Held]:
    """An event's media, newest first."""
    with region.begin() as connection:
        rows = connection.execute(
            text(f"{_SELECT} WHERE e.id = :event ORDER BY m.id DESC LIMIT 1000"), {"event": event}
        )
        return [_read(row) for row in rows]


def roll(region: Region, event: int) -> list[Step]:
    """What was published and withdrawn of an event, by whom; newest first."""
    with region.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT m.ref, t.step, t.scopes, t.by, t.why, t.at FROM medium_step t JOIN medium m ON m.id = t.medium_id "
                "JOIN slot s ON s.id = m.slot_id WHERE s.event_id = :event ORDER BY t.id DESC LIMIT 1000"
            ),
            {"event": event},
        )
        return [Step(row.ref, row.step, tuple(row.scopes), row.by, row.why, row.at) for row in rows]


# Publishing


def publish(
    region: Region, publisher: str, ref: str, scopes: Collection[Scope], by: str, now: dt.datetime
) -> Held:
    """Show a medium exactly there from now on. Twice is once.

    Raises:
        Misconfigured: there is no such medium.
        Refused: its event is closed, nowhere was named, or somebody whom it shows may not be shown there: the message says who and why.

    """
    wanted = tuple(scope for scope in SCOPES if scope in scopes)
    if not wanted:
        raise Refused(f"Say where: {' or '.join(SCOPES)}.")
    with region.begin() as connection:
        students.lock(
            connection, _people(connection, ref)
        )  # nobody withdraws between the look and the commit
        before = _lock(connection, ref)
        if before.scopes == wanted:
            return before
        if not before.open:
            raise Refused(f"Event {before.event_ref} is closed: nothing more is published of it.")
        if why := [each for scope in wanted for each in why_not(connection, before, scope, now)]:
            raise Refused(f"Medium {ref} cannot be published: {'; '.join(why)}.")
        again = INSTAGRAM in wanted and INSTAGRAM not in before.scopes
        _set(connection, before, "published", wanted, now, turn=before.turn + again)
        after = _lock(connection, ref)
        _enrol(connection, after, "published", wanted, by, None, now)
        if INSTAGRAM in {*wanted, *before.scopes}:
            content = after.said(publisher) if INSTAGRAM in wanted else None
            wants.want(connection, INSTAGRAM, ref, content)
        acts.note(connection, "published", "medium", [ref], by, now, why=", ".join(wanted))
        return after


def why_not(connection: Connection, medium: Held, scope: Scope, now: dt.datetime) -> list[str]:
    """Why a medium may not be shown there, for each of those whom it shows; empty when it may."""
    there = students.people(connection, _people(connection, medium.ref))
    return consents.all_why_not(there, NEEDED[medium.kind], medium.event, scope, now)


def judge(region: Region, ref: str, now: dt.datetime) -> str | None:
    """Why a medium is not to go to Instagram any more; None when it is. Asked right before each call."""
    with region.begin() as connection:
        medium = _find(connection, ref)
        if medium is None or INSTAGRAM not in medium.scopes:
            return "it is withdrawn"
        return "; ".join(why_not(connection, medium, INSTAGRAM, now)) or None


def instagram_ids(region: Region) -> frozenset[str]:
    """What the ledger knows of what Instagram shows, by Instagram's own ids."""
    with region.begin() as connection:
        ids = connection.scalars(
            text("SELECT remote_id FROM effect WHERE channel = :channel AND remote_id IS NOT NULL"),
            {"channel": INSTAGRAM},
        )
        return frozenset(ids)


# Withdrawing


def withdraw(region: Region, ref: str, by: str, why: str, now: dt.datetime) -> Held:
    """Show a medium nowhere any more. Twice is once.

    Raises:
        Misconfigured: there is no such medium.

    """
    with region.begin() as connection:
        before = _lock(connection, ref)
        if before.scopes:
            take_down(connection, before, before.scopes, by, why, now)
            acts.note(connection, "withdrew", "medium", [ref], by, now)
        return _lock(connection, ref)


def retract(connection: Connection, by: str, now: dt.datetime, student: int | None = None) -> list[Held]:
    """Take every published medium, or those that show a student, from where it may not be shown any more, in this transaction.

    Returns them as they were.
    """
    rows = connection.execute(
        text(
            f"{_SELECT} WHERE m.state = 'published' AND (cast(:student AS bigint) IS NULL OR EXISTS (SELECT FROM medium_person p "
            "WHERE p.medium_id = m.id AND p.student_id = :student)) ORDER BY m.id FOR UPDATE OF m"
        ),
        {"student": student},
    ).all()
    gone = []
    for medium in map(_read, rows):
        if lost := tuple(scope for scope in medium.scopes if why_not(connection, medium, scope, now)):
            take_down(connection, medium, lost, by, "a consent ended", now)
            gone.append(medium)
    return gone


def end_stories(connection: Connection, by: str, now: dt.datetime) -> list[Held]:
    """Expect no story on Instagram any more whose day is over."""
    rows = connection.execute(
        text(
            f"{_SELECT} WHERE s.kind = 'story' AND m.scopes @> '[\"instagram\"]' AND m.published_at <= :before "
            "ORDER BY m.id FOR UPDATE OF m"
        ),
        {"before": now - STORY_LASTS},
    ).all()
    over = [_read(row) for row in rows]
    for medium in over:
        take_down(connection, medium, (INSTAGRAM,), by, "a story lasts a day", now)
    return over


def take_down(
    connection: Connection, medium: Held, scopes: Sequence[Scope], by: str, why: str, now: dt.datetime
) -> None:
    """Show a locked medium no more there, in this transaction."""
    left = tuple(scope for scope in medium.scopes if scope not in scopes)
    _set(connection, medium, "published" if left else "withdrawn", left, now, turn=medium.turn)
    _enrol(connection, medium, "withdrawn", scopes, by, why, now)
    if INSTAGRAM in scopes:
        wants.want(connection, INSTAGRAM, medium.ref, None)


# Showing


def wall(region: Region, event: int, now: dt.datetime) -> list[tuple[Held, str | None]]:
    """An event's media on the portal, newest first, each with its author's name when they agreed to be named."""
    with region.begin() as connection:
        rows = connection.execute(
            text(
                f"{_SELECT} WHERE e.id = :event AND m.scopes @> '[\"portal\"]' ORDER BY m.published_at DESC, m.id DESC LIMIT 200"
            ),
            {"event": event},
        )
        held = [_read(row) for row in rows]
        fit = [each for each in held if not why_not(connection, each, "portal", now)]
        authors = students.by_number(connection, {each.author_id for each in fit if each.author_id})
    return [(each, _byline(authors.get(each.author_id or 0), each.event, now)) for each in fit]


def _byline(author: Person | None, event: int, now: dt.datetime) -> str | None:
    if author is None or consents.why_not(author, _NAMED, event, "portal", now):
        return None
    return author.name


def served(region: Region, ref: str, now: dt.datetime) -> tuple[Held, bytes] | None:
    """A medium with its file, for whoever asks; None unless it is published where all whom it shows agree to it now."""
    with region.begin() as connection:
        medium = _find(connection, ref)
        if medium is None or all(why_not(connection, medium, scope, now) for scope in medium.scopes):
            return None
        content = connection.execute(
            text("SELECT content FROM medium_file WHERE medium_id = :id"), {"id": medium.id}
        ).scalar_one()
        return medium, content


# Rows


def _find(connection: Connection, ref: str) -> Held | None:
    row = connection.execute(text(f"{_SELECT} WHERE m.ref = :ref"), {"ref": ref}).one_or_none()
    return None if row is None else _read(row)


def _lock(connection: Connection, ref: str) -> Held:
    row = connection.execute(
        text(f"{_SELECT} WHERE m.ref = :ref FOR UPDATE OF m"), {"ref": ref}
    ).one_or_none()
    if row is None:
        raise Misconfigured(f"No medium {ref}: `boostez media list` shows an event's.")
    return _read(row)


def _people(connection: Connection, ref: str) -> list[int]:
    return list(
        connection.scalars(
            text(
                "SELECT p.student_id FROM medium_person p JOIN medium m ON m.id = p.medium_id WHERE m.ref = :ref ORDER BY 1"
            ),
            {"ref": ref},
        )
    )


def _set(
    connection: Connection, medium: Held, state: str, scopes: Sequence[Scope], now: dt.datetime, *, turn: int
) -> None:
    """Its new state; ``published_at`` is when this turn began."""
    connection.execute(
        text(
            "UPDATE medium SET state = :state, scopes = cast(:scopes AS jsonb), turn = :turn, changed_at = :now, published_at = "
            "CASE WHEN :state = 'published' AND (:turn > turn OR published_at IS NULL OR state <> 'published') THEN :now "
            "ELSE published_at END WHERE id = :id"
        ),
        {"state": state, "scopes": json.dumps(scopes), "turn": turn, "now": now, "id": medium.id},
    )


def _enrol(
    connection: Connection,
    medium: Held,
    step: str,
    scopes: Sequence[Scope],
    by: str,
    why: str | None,
    now: dt.datetime,
) -> None:
    connection.execute(
        text(
            "INSERT INTO medium_step (medium_id, step, scopes, by, why, at) "
            "VALUES (:id, :step, cast(:scopes AS jsonb), :by, :why, :now)"
        ),
        {"id": medium.id, "step": step, "scopes": json.dumps(scopes), "by": by, "why": why, "now": now},
    )
