"""Taking one offer off every channel, now.

Belongs here: the order, and the form that staff fill. Does not: a step (tasks/withdraw.py).
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from prefect import flow
from prefect.artifacts import create_table_artifact
from pydantic import Field

from connectors.region.database import safe_region
from connectors.region.offers import offers
from connectors.registry import SOURCES
from connectors.settings import settings
from schemas.errors import Refused
from tasks.withdraw import withdraw

Why = Annotated[str, Field(min_length=3)]
Who = Annotated[str, Field(min_length=2)]
SourceName = Annotated[str, Field(title="one", json_schema_extra={"enum": [*SOURCES]})] | None


@flow(name="withdraw-offer", flow_run_name="withdraw {name}", description=__doc__)
def withdraw_offer(name: str, reason: Why, by: Who, source: SourceName = None) -> dict[str, Any]:
    """Close an offer for good, withdraw it from every channel, and read back that it is gone.

    Args:
        name: The offer's reference at its source, or its key on the portal.
        reason: Why; it is kept with the offer.
        by: Your name; it is kept with the offer.
        source: Whose offer, when several sources have one of that name.

    Raises:
        Refused: it could not be proven gone from every channel; the table says where.

    """
    database = safe_region()
    with database.at_work():
        offer = offers.named(database, name, source)
        proofs = withdraw(database, settings(), offer, by, reason)
    told: list[dict[str, Any]] = msgspec.to_builtins(proofs)
    create_table_artifact(table=told, key=f"withdraw-{offer.key}", description=f"{offer.title} ({offer.ref})")
    if left := [proof for proof in proofs if not proof.gone]:
        raise Refused(
            f"{offer.ref} is closed, but not proven gone: "
            + "; ".join(f"{proof.channel} {proof.told}".rstrip(".") for proof in left)
            + ". What is planned is carried out by the next sync; run this again to read back."
        )
    return {"offer": offer.ref, "key": offer.key, "proofs": told}
