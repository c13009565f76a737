"""Prefect's kinds of blocks in its database, registered once: `python -m deployments.prefect_blocks`.

Belongs here: that registration. Does not: any block (the secrets of an installation).

A server does it when it starts, but two that start on a new database fail on each other's rows.
"""

from __future__ import annotations

import asyncio

from prefect.server.database import provide_database_interface
from prefect.server.models.block_registration import run_block_auto_registration


async def register() -> None:
    """Write them into the database that Prefect's settings name; again is the same."""
    async with provide_database_interface().session_context() as session:
        await run_block_auto_registration(session=session)


if __name__ == "__main__":
    asyncio.run(register())
