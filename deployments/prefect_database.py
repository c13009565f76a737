"""Prefect's own database at the version of this code: `python -m deployments.prefect_database`, before any server starts.

Belongs here: its tables and the kinds of blocks in them. Does not: the Region's database (connectors/region/migrations).

A server does both when it starts, but two that start on a new database fail on each other's rows.
"""

from __future__ import annotations

import asyncio

from prefect.server.database import provide_database_interface
from prefect.server.models.block_registration import run_block_auto_registration


async def upgrade() -> None:
    """Bring the database that Prefect's settings name to this version; again changes nothing."""
    database = provide_database_interface()
    await database.create_db()
    async with database.session_context() as session:
        await run_block_auto_registration(session=session)


if __name__ == "__main__":
    asyncio.run(upgrade())
