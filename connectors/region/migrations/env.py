"""Alembic's entry: runs the versions on the engine it is given, one process at a time, with bounded patience."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, text

from connectors.region.tables import METADATA

told = context.config.attributes


def wait_at_most(connection: Connection, setting: str, patience: str) -> None:
    """Until this transaction ends, whatever the role or the database says."""
    milliseconds = str(round(told[patience].total_seconds() * 1000))
    connection.execute(
        text("SELECT set_config(:name, :value, true)"), {"name": setting, "value": milliseconds}
    )


with told["engine"].begin() as connection:
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    wait_at_most(connection, "lock_timeout", "turn")
    connection.execute(text("SELECT pg_advisory_xact_lock(72000)"))
    wait_at_most(connection, "lock_timeout", "lock")
    wait_at_most(connection, "statement_timeout", "statement")
    context.configure(connection=connection, target_metadata=METADATA, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()
