"""A firm's way through the programme, for whoever accompanies it: a button.

Belongs here: the form. Does not: the table (tasks/journey.py).
"""

from __future__ import annotations

from typing import Any

from prefect import flow

from connectors.region.database import safe_region
from core import sirets
from schemas.errors import Misconfigured
from tasks.journey import show_journey


@flow(name="firm-journey", flow_run_name="journey of {siret}", description=__doc__)
def firm_journey(siret: str) -> dict[str, Any]:
    """Show what happened to a firm of the programme, as an artifact, the oldest first. People are numbers in it.

    Args:
        siret: The firm's SIRET, 14 digits; spaces do no harm.

    Raises:
        Misconfigured: that is no SIRET, or no firm of the programme has it.

    """
    region = safe_region()
    number = sirets.read(siret)
    if number is None:
        raise Misconfigured(f"{siret} is no SIRET: 14 digits are wanted.")
    return {"siret": number, "events": show_journey(region, number)}
