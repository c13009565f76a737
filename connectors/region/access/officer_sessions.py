"""Officers who are signed in, and those on their way to the provider.

Belongs here: statements on ``officer_session`` and ``sign_in``. Does not: who somebody is (connectors/oidc), what they may do
(core/access.py), or cookies (portal/access.py).

What opens a session, and what an attempt is known by, is in a browser alone: here are their hashes. An attempt is used up by coming back.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Collection
from typing import Final

import msgspec
from sqlalchemy import Connection, text

from connectors.region.access import acts
from connectors.region.database import Region
from core.access import Rules
from schemas.errors import Misconfigured

ON_THE_WAY: Final = dt.timedelta(minutes=10)  # between leaving for the provider and being back
_SEEN: Final = dt.timedelta(minutes=1)  # that a session's last request may be older than is known


class Session(msgspec.Struct, frozen=True):
    """Somebody who is signed in; ``account`` is the provider's name for them, ``claimed`` what it says of them that grants something."""

    id: int
    account: str
    name: str
    claimed: list[str]
    address: str | None
    begun_at: dt.datetime
    seen_at: dt.datetime


_COLUMNS: Final = ", ".join(Session.__struct_fields__)
_OPEN: Final = "ended_at IS NULL AND seen_at > :idle AND begun_at > :longest"


def leave(region: Region, state: str, leads_to: str, now: dt.datetime) -> None:
    """Somebody goes to the provider, and from there to ``leads_to``."""
    with region.begin() as connection:
        connection.execute(
            text("DELETE FROM sign_in WHERE begun_at <= :before"), {"before": now - ON_THE_WAY}
        )
        connection.execute(
            text("INSERT INTO sign_in (state_hash, leads_to, begun_at) VALUES (:state, :leads_to, :now)"),
            {"state": _hash(state), "leads_to": leads_to, "now": now},
        )


def come_back(region: Region, state: str, now: dt.datetime) -> str | None:
    """Where whoever left with that state goes on; None when nobody did, they were too slow, or are back already."""
    with region.begin() as connection:
        found = connection.execute(
            text("DELETE FROM sign_in WHERE state_hash = :state RETURNING leads_to, begun_at"),
            {"state": _hash(state)},
        ).one_or_none()
    return None if found is None or found.begun_at <= now - ON_THE_WAY else str(found.leads_to)


def begin(
    region: Region, account: str, name: str, claimed: Collection[str], address: str | None, now: dt.datetime
) -> str:
    """Sign somebody in. Returns what opens the session: 256 bits, for their browser alone."""
    token = secrets.token_urlsafe(32)
    values = {"token": _hash(token), "account": account, "name": name, "claimed": sorted(claimed)}
    with region.begin() as connection:
        number = connection.execute(
            text(
                "INSERT INTO officer_session (token_hash, account, name, claimed, address, begun_at, seen_at) "
                "VALUES (:token, :account, :name, :claimed, :address, :now, :now) RETURNING id"
            ),
            {**values, "address": address, "now": now},
        ).scalar_one()
        acts.note(connection, "signed_in", "session", [number], name, now)
    return token


def opened(region: Region, token: str, rules: Rules, now: dt.datetime) -> Session | None:
    """The session that this opens; None when it ended, was idle for too long, or began too long ago."""
    with region.begin() as connection:
        row = connection.execute(
            text(f"SELECT {_COLUMNS} FROM officer_session WHERE token_hash = :token AND {_OPEN}"),
            {"token": _hash(token), **_limits(rules, now)},
        ).one_or_none()
        if row is None:
            return None
        if now - row.seen_at > _SEEN:
            connection.execute(
                text("UPDATE officer_session SET seen_at = greatest(seen_at, :now) WHERE id = :id"),
                {"id": row.id, "now": now},
            )
    return Session(*row)


def sessions(region: Region, rules: Rules, now: dt.datetime) -> list[Session]:
    """Who is signed in, whoever came last first."""
    with region.begin() as connection:
        rows = connection.execute(
            text(f"SELECT {_COLUMNS} FROM officer_session WHERE {_OPEN} ORDER BY id DESC"),
            _limits(rules, now),
        )
        return [Session(*row) for row in rows]


def sign_out(region: Region, session: Session, now: dt.datetime) -> None:
    """Whoever is signed in ends their session. Twice is once."""
    _end(region, session.id, "signed_out", session.name, now)


def end(region: Region, number: int, by: str, now: dt.datetime) -> None:
    """End somebody's session: their next request asks who they are.

    Raises:
        Misconfigured: there is none that goes on.

    """
    if not _end(region, number, "ended", by, now):
        raise Misconfigured(f"No session {number} goes on: `boostez access sessions` shows those that do.")


def _end(region: Region, number: int, did: acts.Did, by: str, now: dt.datetime) -> bool:
    with region.begin() as connection:
        ended = connection.execute(
            text("UPDATE officer_session SET ended_at = :now WHERE id = :id AND ended_at IS NULL"),
            {"id": number, "now": now},
        ).rowcount
        acts.note(connection, did, "session", [number] * ended, by, now)
    return bool(ended)


def forget(connection: Connection, before: dt.datetime) -> None:
    """Delete the sessions that began before, and attempts as old: what the log says of them stays."""
    for statement in (
        "DELETE FROM officer_session WHERE begun_at <= :before",
        "DELETE FROM sign_in WHERE begun_at <= :before",
    ):
        connection.execute(text(statement), {"before": before})


def _limits(rules: Rules, now: dt.datetime) -> dict[str, dt.datetime]:
    return {"idle": now - rules.idle, "longest": now - rules.longest}


def _hash(word: str) -> bytes:
    return hashlib.sha256(word.encode()).digest()
