"""Postings: offers that firms write on the open portal, and what becomes of them.

Belongs here: statements on ``posting``, and what a decision does to the offer. Does not: the form (portal/posting.py), the
letters' words (connectors/mail), who is asked (tasks/postings.py), what ends by the clock (retention.py).

    unconfirmed ─> waiting ─> approved ─> closed | expired
                   ↑   └────> refused ─┐
                   └──── an edit ──────┘      the text that is out stays while a newer one waits

The offer is an ``offer`` of source ``portal``: it goes through the same normalisation, rules and merge as any other.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Sequence
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import Connection, text

from connectors.region.access import acts
from connectors.region.alerting import alerts
from connectors.region.database import Region, lock_revisions
from connectors.region.ledger import once
from connectors.region.ledger.letters import MAIL
from connectors.region.offers import offers
from core.drafts import Draft
from core.html import plain_text, printable, sanitise
from core.normalise import normalise
from schemas.errors import Misconfigured, Refused, RetryLater
from schemas.letters import PostingAddressee, PostingKind, PostingLetter
from schemas.offer import Offer, decode, encode, key_of

SOURCE: Final = "portal"
State = Literal["unconfirmed", "waiting", "approved", "refused", "closed", "expired"]
CAUSE: Final = "posting "  # what the cause of every posting's alert begins with
KEPT: Final = dt.timedelta(days=30)  # after its end, contact and draft of a posting
COUNTED: Final = dt.timedelta(days=1)  # limits count what came in so long
_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: no i, l, o, u
_LOCK: Final = 72_006  # advisory lock: postings are counted and added one at a time


class Limits(msgspec.Struct, frozen=True):
    """How many postings may come in a day: from one network address, for one SIRET, with one contact."""

    origin: int = 10
    siret: int = 20
    contact: int = 5


LIMITS: Final = Limits()


class Posting(msgspec.Struct, frozen=True):
    """A posting. ``revision`` counts its texts, ``approved_revision`` is the one that is out."""

    id: int
    ref: str
    state: State
    revision: int
    approved_revision: int | None
    draft: Draft | None
    siret: str
    has_contact: bool
    created_at: dt.datetime
    submitted_at: dt.datetime
    confirmed_at: dt.datetime | None
    published_at: dt.datetime | None
    decided_at: dt.datetime | None
    decided_by: str | None
    reason: str | None
    closed_at: dt.datetime | None
    flow_run: str | None

    @property
    def key(self) -> str:
        """The offer's public key."""
        return key_of(SOURCE, self.ref)

    @property
    def cause(self) -> str:
        """What its alert goes by."""
        return f"{CAUSE}{self.id}.{self.revision}"

    @property
    def title(self) -> str:
        """One line; empty once the draft is erased."""
        return " ".join(printable(self.draft.title).split()) if self.draft else ""

    @property
    def out(self) -> bool:
        """Whether a text of it is out."""
        return self.approved_revision is not None and self.closed_at is None

    def manageable(self, now: dt.datetime) -> bool:
        """Whether its author's link still opens it."""
        return self.draft is not None and (self.closed_at is None or now < self.closed_at + KEPT)

    def brief(self, known: str | None = None) -> str:
        """Whose it is and what to do with it; ``known`` is the firm's name in the Region's other offers."""
        if self.draft is None:
            return f"Posting {self.id} ({self.ref}) is {self.state}; its text was erased."
        employer, job = self.draft.employer, self.draft.job
        place = " ".join(part for part in (self.draft.postal_code, self.draft.city) if part)
        again = "" if self.approved_revision is None else ", an edit of one that is out"
        return (
            f"Firm: {printable((employer and employer.name) or '')} (SIRET {self.siret}, "
            f"{f'known here as {known}' if known else 'not known here'})\nPlace: {printable(place)}\n"
            f"Contract: {job.contract if job else ''}\n\nPosting {self.id}, text {self.revision}{again}. Decide in the "
            f"Prefect UI, in the officers' queue on the portal, or with `boostez posting approve {self.id}` or "
            f"`boostez posting refuse {self.id}`. More: docs/runbook/postings.md"
        )

    def words(self, known: str | None = None) -> str:
        """The whole posting as an officer reads it."""
        if self.draft is None:
            return self.brief(known)
        ways = [way for way in (self.draft.apply_email, self.draft.apply_url) if way]
        text = plain_text(sanitise(self.draft.description))
        return f"{self.title}\n\n{text}\n\nTo apply: {printable(', '.join(ways))}\n{self.brief(known)}"


_COLUMNS: Final = (
    "id, ref, state, revision, approved_revision, draft::text AS draft, siret, contact IS NOT NULL AS has_contact, "
    "created_at, submitted_at, confirmed_at, published_at, decided_at, decided_by, reason, closed_at, flow_run"
)
_decoder = msgspec.json.Decoder(Draft)


def _posting(row: Any) -> Posting:
    told = row._asdict()
    return Posting(**{**told, "draft": _decoder.decode(told["draft"]) if told["draft"] else None})


def add(
    region: Region, draft: Draft, contact: str, origin: bytes, now: dt.datetime, limits: Limits = LIMITS
) -> Posting:
    """Keep what a firm wrote, and have a letter ask ``contact`` to confirm it. The draft's ref is chosen here.

    The same again before it is confirmed is a double click: it is one posting and one letter.

    Raises:
        RetryLater: too many came in a day, from this address, for this SIRET or with this contact.

    """
    employer = draft.employer
    assert employer is not None
    assert employer.siret is not None
    ref = f"P-{''.join(secrets.choice(_ALPHABET) for _ in range(10))}"
    values = {
        "ref": ref,
        "draft": msgspec.json.encode(msgspec.structs.replace(draft, source=SOURCE, ref=ref)).decode(),
        "siret": employer.siret,
        "contact": contact,
        "origin": origin,
        "now": now,
    }
    with region.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        again = connection.execute(
            text(
                f"SELECT {_COLUMNS} FROM posting WHERE siret = :siret AND contact = :contact AND state = 'unconfirmed' AND "
                "draft - cast(:own AS text[]) = cast(:draft AS jsonb) - cast(:own AS text[]) ORDER BY id LIMIT 1"
            ),
            {**values, "own": ["ref", "updated_at"]},
        ).one_or_none()
        if again is not None:
            return _posting(again)
        _check_limits(connection, values, limits)
        row = connection.execute(
            text(
                "INSERT INTO posting (ref, draft, siret, contact, origin, created_at, submitted_at) VALUES "
                f"(:ref, cast(:draft AS jsonb), :siret, :contact, :origin, :now, :now) RETURNING {_COLUMNS}"
            ),
            values,
        ).one()
        added = _posting(row)
        _write(connection, added, "confirm")
    return added


def _check_limits(connection: Connection, values: dict[str, Any], limits: Limits) -> None:
    seen = connection.execute(
        text(
            "SELECT count(*) FILTER (WHERE origin = :origin) AS origin, count(*) FILTER (WHERE siret = :siret) AS siret, "
            "count(*) FILTER (WHERE lower(contact) = lower(:contact)) AS contact FROM posting WHERE created_at > :since"
        ),
        {**values, "since": values["now"] - COUNTED},
    ).one()
    for name in Limits.__struct_fields__:
        if getattr(seen, name) >= getattr(limits, name):
            raise RetryLater(
                f"too many postings a day by {name}", after=COUNTED.total_seconds(), cause="limit"
            )


def _write(connection: Connection, posting: Posting, kind: PostingKind) -> None:
    """Have a letter sent, once: its effect is one commit with what it tells."""
    content = msgspec.json.encode(PostingLetter(kind, posting.id, posting.revision))
    once.plan(connection, MAIL, {f"{kind}.{posting.id}.{posting.revision}": content})


def addressed(region: Region, message: PostingLetter) -> PostingAddressee | None:
    """Who a letter goes to; None when the posting is gone, its contact erased, or a refused text another by now."""
    with region.begin() as connection:
        row = connection.execute(
            text(f"SELECT {_COLUMNS}, contact FROM posting WHERE id = :id"), {"id": message.posting}
        ).one_or_none()
    if row is None or row.contact is None or row.draft is None:
        return None
    if message.kind == "refused" and row.revision != message.revision:
        return None
    told = row._asdict()
    contact = told.pop("contact")
    posting = Posting(**{**told, "draft": _decoder.decode(told["draft"]) if told["draft"] else None})
    return PostingAddressee(contact, posting.ref, posting.key, posting.title, posting.reason)


def get(region: Region, posting: int) -> Posting:
    """The posting of that number.

    Raises:
        Misconfigured: there is none.

    """
    with region.begin() as connection:
        return _get(connection, posting)


def _get(connection: Connection, posting: int, lock: str = "") -> Posting:
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM posting WHERE id = :id {lock}"), {"id": posting}
    ).one_or_none()
    if row is None:
        raise Misconfigured(f"No posting {posting}: `boostez posting list` shows which there are.")
    return _posting(row)


def named(region: Region, ref: str) -> Posting | None:
    """The posting of that reference."""
    with region.begin() as connection:
        return _named(connection, ref)


def _named(connection: Connection, ref: str, lock: str = "") -> Posting | None:
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM posting WHERE ref = :ref {lock}"), {"ref": ref}
    ).one_or_none()
    return None if row is None else _posting(row)


def listed(region: Region, *, every: bool = False, limit: int = 200) -> list[Posting]:
    """The postings that wait for an officer, oldest first; with ``every`` all of them, newest first."""
    chosen = "true ORDER BY id DESC" if every else "state = 'waiting' ORDER BY submitted_at, id"
    with region.begin() as connection:
        rows = connection.execute(
            text(f"SELECT {_COLUMNS} FROM posting WHERE {chosen} LIMIT :n"), {"n": limit}
        )
        return [_posting(row) for row in rows]


def confirm(region: Region, ref: str, now: dt.datetime) -> Posting | None:
    """Its author confirms: from now on it waits for an officer. Twice is once; None when there is none."""
    with region.begin() as connection:
        posting = _named(connection, ref, "FOR UPDATE")
        if posting is None or posting.state != "unconfirmed":
            return posting
        return _set(connection, posting, "state = 'waiting', confirmed_at = :now", now=now)


def amend(region: Region, ref: str, revision: int, draft: Draft, now: dt.datetime) -> Posting:
    """Its author writes it anew: the new text waits, the one that is out stays. ``revision`` is the text it was made from.

    Raises:
        Refused: there is none that can be edited, or its text is another by now.

    """
    with region.begin() as connection:
        posting = _named(connection, ref, "FOR UPDATE")
        if (
            posting is None
            or posting.state not in {"waiting", "approved", "refused"}
            or not posting.has_contact
        ):
            raise Refused("the posting cannot be edited (any more)")
        if posting.revision != revision:
            raise Refused("another text was written meanwhile")
        alerts.end(connection, now, posting.cause)
        told = msgspec.structs.replace(draft, source=SOURCE, ref=ref, version=revision + 1)
        return _set(
            connection,
            posting,
            "state = 'waiting', revision = revision + 1, draft = cast(:draft AS jsonb), submitted_at = :now, "
            "flow_run = NULL, decided_at = NULL, decided_by = NULL, reason = NULL",
            draft=msgspec.json.encode(told).decode(),
            now=now,
        )


def close(region: Region, ref: str, now: dt.datetime) -> Posting | None:
    """Its author closes it, and with it the offer: a closure that was stated. Twice is once; None when there is none."""
    with region.begin() as connection:
        lock_revisions(connection)
        posting = _named(connection, ref, "FOR UPDATE")
        if posting is None or posting.state in {"unconfirmed", "closed", "expired"}:
            return posting
        closed = offers.close_stated(connection, SOURCE, ref)
        alerts.end(connection, now, posting.cause)
        posting = _set(connection, posting, "state = 'closed', closed_at = :now", now=now)
    region.wrote(2 * closed)
    return posting


def approve(region: Region, number: int, revision: int, by: str, now: dt.datetime) -> Posting:
    """Let exactly this text out: it becomes the offer, through the same rules as any source's.

    Raises:
        Misconfigured: there is no such posting.
        Refused: it does not wait, its text is another by now, or a rule refuses it.

    """
    with region.begin() as connection:
        lock_revisions(connection)
        posting = _waiting(connection, number, revision)
        published = posting.published_at or now.replace(microsecond=0)
        assert posting.draft is not None
        draft = msgspec.structs.replace(
            posting.draft,
            source=SOURCE,
            ref=posting.ref,
            version=revision,
            status="open",
            published_at=published,
            updated_at=now,
        )
        if draft.expires_at is not None and draft.expires_at <= now:
            raise Refused(f"Posting {number} ended on {draft.expires_at:%Y-%m-%d}: refuse it, saying so.")
        row = _incoming(number, draft, now)
        _, written = offers.merge_in(connection, None, SOURCE, [row])
        approved = _set(
            connection,
            posting,
            "state = 'approved', approved_revision = revision, published_at = :published, decided_at = :now, "
            "decided_by = :by, reason = NULL",
            published=published,
            now=now,
            by=by,
        )
        alerts.end(connection, now, posting.cause)
        _write(connection, approved, "approved")
        acts.note(connection, "approved", "posting", [number], by, now, why=f"text {revision}")
    region.wrote(written)
    return approved


def _incoming(number: int, draft: Draft, now: dt.datetime) -> offers.Incoming:
    verdict = normalise(draft)
    if isinstance(verdict, tuple):
        told = "; ".join(reason.message for reason in verdict)
        raise Refused(f"A rule refuses posting {number}: {told}")
    content = encode(verdict.offer)
    withheld = msgspec.json.encode(verdict.withheld) if verdict.withheld else None
    return offers.Incoming(
        draft.ref,
        draft.version,
        hashlib.sha256(msgspec.json.encode(draft)).digest(),
        content,
        withheld,
        now,
        None,
    )


def refuse(region: Region, number: int, revision: int, by: str, reason: str, now: dt.datetime) -> Posting:
    """Keep this text from going out; ``reason`` is told to its author. A text that is out stays.

    Raises:
        Misconfigured: there is no such posting.
        Refused: it does not wait, or its text is another by now.

    """
    with region.begin() as connection:
        posting = _waiting(connection, number, revision)
        refused = _set(
            connection,
            posting,
            "state = 'refused', decided_at = :now, decided_by = :by, reason = :reason",
            now=now,
            by=by,
            reason=reason,
        )
        alerts.end(connection, now, posting.cause)
        _write(connection, refused, "refused")
        acts.note(connection, "refused", "posting", [number], by, now, why=f"text {revision}")
    return refused


def _waiting(connection: Connection, number: int, revision: int) -> Posting:
    posting = _get(connection, number, "FOR UPDATE")
    if posting.state != "waiting":
        by = f" by {posting.decided_by}" if posting.state in {"approved", "refused"} else ""
        raise Refused(f"Posting {number} does not wait: it is {posting.state}{by}.")
    if posting.revision != revision:
        raise Refused(
            f"Posting {number} has a newer text ({posting.revision}): `boostez posting show {number}`, decide on that."
        )
    return posting


def _set(connection: Connection, posting: Posting, what: str, **values: Any) -> Posting:
    row = connection.execute(
        text(f"UPDATE posting SET {what} WHERE id = :id RETURNING {_COLUMNS}"), {"id": posting.id, **values}
    ).one()
    return _posting(row)


def shown_by(region: Region, number: int, revision: int, flow_run: str) -> None:
    """Remember which Prefect run shows the form for a text."""
    with region.begin() as connection:
        connection.execute(
            text("UPDATE posting SET flow_run = :flow_run WHERE id = :id AND revision = :revision"),
            {"id": number, "revision": revision, "flow_run": flow_run},
        )


def employer_name(region: Region, siret: str) -> str | None:
    """The firm's name as the newest of our offers has it; one that wants to stay anonymous is in none."""
    with region.begin() as connection:
        found = connection.execute(
            text(
                "SELECT content #>> '{employer,name}' FROM offer WHERE (content #>> '{employer,siret}') = :siret "
                "AND content #>> '{employer,name}' IS NOT NULL ORDER BY changed_at DESC, id DESC LIMIT 1"
            ),
            {"siret": siret},
        ).scalar_one_or_none()
    return None if found is None else str(found)


def out(region: Region, posting: Posting) -> Offer | None:
    """The offer that is out of a posting; None when none is."""
    with region.begin() as connection:
        content = connection.execute(
            text("SELECT content::text FROM offer WHERE source = :source AND ref = :ref AND status = 'open'"),
            {"source": SOURCE, "ref": posting.ref},
        ).scalar_one_or_none()
    return None if content is None else decode(content)


def undelivered(region: Region, channels: Sequence[str]) -> list[str]:
    """Keys of offers of the portal's that some channel, if it is not paused, has not been planned or told of yet."""
    with region.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT o.key FROM offer o JOIN posting p ON p.ref = o.ref WHERE o.source = :source AND EXISTS ("
                "SELECT FROM unnest(cast(:channels AS text[])) AS wanted (name) LEFT JOIN channel c USING (name) "
                "LEFT JOIN effect e ON e.channel = wanted.name AND e.subject = o.key WHERE c.paused IS NOT TRUE AND ("
                "o.revision > coalesce(c.planned_revision, 0) OR (e.state = 'planned' AND e.held_by IS NULL "
                "AND (e.not_before IS NULL OR e.not_before <= now())))) ORDER BY o.id"
            ),
            {"source": SOURCE, "channels": list(channels)},
        )
        return [row.key for row in rows]
