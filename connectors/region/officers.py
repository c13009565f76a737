"""Officers' links: who was given one to the queue of postings, and which were ended before their time.

Belongs here: statements on ``officer_link``. Does not: the seal that makes a link (connectors/seals.py), or what its holder may
do (portal/officer.py).

A link is its seal and its row. The seal ends it after a week; without its row, or once that is ended, it opens nothing.
"""

from __future__ import annotations

import datetime as dt

import msgspec
from sqlalchemy import text

from connectors.region.database import Region
from connectors.seals import OFFICER_WITHIN
from schemas.errors import Misconfigured

LONGEST = 80  # characters of a name


class Link(msgspec.Struct, frozen=True):
    """A link that was given to ``by``."""

    id: int
    by: str
    given_at: dt.datetime
    ended_at: dt.datetime | None = None

    @property
    def until(self) -> dt.datetime:
        """When it ends by itself."""
        return self.given_at + OFFICER_WITHIN


_COLUMNS = ", ".join(f'"{name}"' for name in Link.__struct_fields__)


def give(region: Region, by: str, now: dt.datetime) -> Link:
    """Note that a link is given to an officer.

    Raises:
        Misconfigured: that is no name.

    """
    name = " ".join(by.split())
    if not 2 <= len(name) <= LONGEST or not name.isprintable():
        raise Misconfigured(f"A name of 2 to {LONGEST} characters is wanted: decisions are kept with it.")
    with region.begin() as connection:
        row = connection.execute(
            text(f'INSERT INTO officer_link ("by", given_at) VALUES (:by, :now) RETURNING {_COLUMNS}'),
            {"by": name, "now": now},
        ).one()
    return Link(*row)


def holder(region: Region, link: int) -> str | None:
    """Whose link it is; None when there is none, or no more."""
    with region.begin() as connection:
        found = connection.execute(
            text('SELECT "by" FROM officer_link WHERE id = :id AND ended_at IS NULL'), {"id": link}
        ).scalar_one_or_none()
    return None if found is None else str(found)


def links(region: Region, now: dt.datetime) -> list[Link]:
    """The links that open the queue now, newest first."""
    with region.begin() as connection:
        rows = connection.execute(
            text(
                f"SELECT {_COLUMNS} FROM officer_link WHERE ended_at IS NULL AND given_at > :since ORDER BY id DESC"
            ),
            {"since": now - OFFICER_WITHIN},
        )
        return [Link(*row) for row in rows]


def end(region: Region, link: int, now: dt.datetime) -> Link:
    """End a link. Twice is once.

    Raises:
        Misconfigured: there is none.

    """
    with region.begin() as connection:
        row = connection.execute(
            text(
                f"UPDATE officer_link SET ended_at = coalesce(ended_at, :now) WHERE id = :id RETURNING {_COLUMNS}"
            ),
            {"id": link, "now": now},
        ).one_or_none()
    if row is None:
        raise Misconfigured(f"No link {link}: `boostez posting links` shows which there are.")
    return Link(*row)
