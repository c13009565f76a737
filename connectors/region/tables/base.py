"""What all tables share.

Belongs here: the types of columns, the names of keys, the sequences. Does not: a table, or how one is read and written.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    BigInteger,
    LargeBinary,
    MetaData,
    Sequence,
    Text,
)
from sqlalchemy.dialects.postgresql import DATE, DOUBLE_PRECISION, JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase

METADATA = MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    }
)
REVISION = Sequence(
    "offer_revision_seq", metadata=METADATA
)  # drawn under a lock: order of numbers is order of commits
LEASE = Sequence("effect_lease_seq", metadata=METADATA)


class Base(DeclarativeBase):
    """What every table shares: instants with a zone, JSONB for objects, bytea for hashes."""

    metadata = METADATA
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        dt.datetime: TIMESTAMP(timezone=True),
        dt.date: DATE(),
        dict[str, Any]: JSONB(),
        list[Any]: JSONB(),
        str: Text(),
        int: BigInteger(),
        float: DOUBLE_PRECISION(),
        bytes: LargeBinary(),
    }
