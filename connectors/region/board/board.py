"""The open portal's board, written: placing and withdrawing what the ledger plans, in one transaction each time.

Belongs here: the only statements that write ``board``. Does not: reading it for residents (search.py).

The board is in our own database, so intent, effect and receipt are one commit: nothing can be unknown.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from sqlalchemy import text

from connectors.region.database import Region
from connectors.region.ledger.ledger import DUE, OPERATION, new_lease
from core.effects import ALL, Found, Only


class Placed(msgspec.Struct, frozen=True):
    """What one step did to the board, in offers."""

    created: int = 0
    updated: int = 0
    withdrawn: int = 0

    @property
    def total(self) -> int:
        """Offers touched."""
        return self.created + self.updated + self.withdrawn


_PLACE = """
    WITH due AS (
        SELECT e.id FROM {due} ORDER BY e.id LIMIT :n FOR UPDATE OF e SKIP LOCKED),
    done AS (
        UPDATE effect e SET state = 'done', attempts = e.attempts + 1, intent_at = now(), changed_at = now(),
            operation = {operation},
            lease = :lease, marker = e.subject || '-' || to_hex(cast(:lease AS bigint)), error = NULL, cause = NULL,
            live_hash = e.wanted_hash, intent_hash = e.wanted_hash,
            remote_id = CASE WHEN e.wanted_hash IS NOT NULL THEN e.subject END
        FROM due WHERE e.id = due.id
        RETURNING e.subject, e.marker, e.operation, e.offer_id),
    placed AS (
        INSERT INTO board (key, kind, marker, content, content_hash, published_at)
        SELECT d.subject, o.kind, d.marker, o.content, o.content_hash, o.published_at
        FROM done d JOIN offer o ON o.id = d.offer_id WHERE d.operation <> 'withdraw'
        ON CONFLICT (key) DO UPDATE SET kind = excluded.kind, marker = excluded.marker, content = excluded.content,
            content_hash = excluded.content_hash, published_at = excluded.published_at, changed_at = now(),
            withdrawn_at = NULL),
    withdrawn AS (
        UPDATE board b SET content = NULL, content_hash = NULL, marker = d.marker, withdrawn_at = now(), changed_at = now()
        FROM done d WHERE d.operation = 'withdraw' AND b.key = d.subject)
    SELECT count(*) FILTER (WHERE operation = 'create'), count(*) FILTER (WHERE operation = 'update'),
        count(*) FILTER (WHERE operation = 'withdraw') FROM done
"""


def place(region: Region, channel: str, form: str, limit: int, only: Only = ALL) -> Placed:
    """Carry out at most ``limit`` planned effects of ``channel`` on the board, receipts included, in one transaction."""
    lease = new_lease(region)
    with region.begin() as connection:
        row = connection.execute(
            text(_PLACE.format(due=DUE, operation=OPERATION)),
            {"channel": channel, "form": form.encode(), "n": limit, "lease": lease, **only.values()},
        ).one()
        placed = Placed(*row)
    region.wrote(2 * placed.total)
    return placed


def inventory(region: Region) -> Iterator[Found]:
    """Everything that residents can see now. A row by whose columns another offer would be found has no digest."""
    with region.begin() as connection:
        rows = connection.execution_options(stream_results=True, max_row_buffer=5000).execute(
            text(
                "SELECT CASE WHEN starts_with(marker, key || '-') THEN marker ELSE '' END AS marker, key, "
                "CASE WHEN kind = content ->> 'kind' "
                "AND published_at IS NOT DISTINCT FROM (content ->> 'published_at')::timestamptz "
                "THEN left(encode(sha256(convert_to(content::text, 'UTF8')), 'hex'), 16) ELSE '' END AS digest "
                "FROM board WHERE withdrawn_at IS NULL"
            )
        )
        for row in rows:
            yield Found(row.marker, row.key, row.digest)
