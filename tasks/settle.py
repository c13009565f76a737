"""Settle: look up every unknown effect that is due, and say in the ledger what was found.

Belongs here: lease, find, prove, receive. Does not: what a look-up proves (core/effects.py) or how one is made (channels).
"""

from __future__ import annotations

import msgspec
from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from connectors.channel import Channel, Readable
from connectors.region.database import Region
from connectors.region.ledger import channel_state, ledger
from connectors.registry import channel as channel_of
from connectors.settings import Settings
from connectors.telemetry import span
from core.effects import Receipt, proof
from schemas.errors import BoostezError, Misconfigured
from tasks.tracing import traced

LOOKED_UP = 500  # effects a lease


class Settled(msgspec.Struct):
    """What look-ups proved, in effects: ``done`` had happened, ``open`` must be looked up again or is planned anew."""

    done: int = 0
    open: int = 0
    parked: int = 0
    error: str | None = None


@task(name="settle", task_run_name="settle-{name}", retries=0, cache_policy=NO_CACHE)
def settle(region: Region, settings: Settings, name: str) -> Settled:
    """Look up the channel's unknown effects that are due."""
    settled = Settled()
    try:
        channel = channel_of(name, settings, region)
    except Misconfigured as error:
        settled.error = str(error)
        return settled
    try:
        with traced(channel=name), span("settle", boostez__channel=name):
            if channel_state.check_open(region, name):
                return settled
            while _settle_some(region, channel, settled):
                pass
    except BoostezError as error:
        settled.error = str(error)
        get_run_logger().warning("%s cannot be looked up now: %s", name, error)
    finally:
        channel.close()
    return settled


def _settle_some(region: Region, channel: Channel, settled: Settled) -> bool:
    able = channel.capabilities
    lease, intents = ledger.claim_unsettled(
        region, channel.name, able.settle_seconds, LOOKED_UP, able.lease_seconds
    )
    if not intents:
        return False
    if not isinstance(channel, Readable):
        receipts = [
            Receipt(i.effect, "parked", error="it may have happened, and cannot be looked up", cause="lookup")
            for i in intents
        ]
    else:
        try:
            found = channel.find(intents)
        except BoostezError as error:
            receipts = [Receipt(i.effect, "unknown", error=str(error), cause="answer") for i in intents]
            ledger.receive(region, lease, receipts)
            raise
        receipts = [proof(intent, found.get(intent.effect)) for intent in intents]
    ledger.receive(region, lease, receipts)
    for receipt in receipts:
        if receipt.outcome in {"done", "missing"}:
            settled.done += 1
        elif receipt.outcome == "parked":
            settled.parked += 1
        else:
            settled.open += 1
    return True
