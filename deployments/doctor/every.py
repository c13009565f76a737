"""Every check, in the order in which they are shown.

Belongs here: the list, and a round of it. Does not: any check.
"""

from __future__ import annotations

from typing import Final

from deployments.doctor import configuration, database, machine, orchestration, outside
from deployments.doctor.examining import Check

CHECKS: Final[tuple[Check, ...]] = (
    *configuration.CHECKS,
    *machine.CHECKS,
    *database.CHECKS,
    *orchestration.CHECKS,
    *outside.CHECKS,
)
