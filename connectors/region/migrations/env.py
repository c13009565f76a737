"""Alembic's entry: runs the versions on the engine it is given, one process at a time."""

from __future__ import annotations

from alembic import context
from sqlalchemy import text

from connectors.region.models import METADATA

with context.config.attributes["engine"].begin() as connection:
    connection.execute(text("SELECT pg_advisory_xact_lock(72000)"))
    context.configure(connection=connection, target_metadata=METADATA, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()
