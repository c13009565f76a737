"""Withdraw: one offer off every channel, now, and read back that it is gone.

Belongs here: the order and the proof. Does not: closing the offer (connectors/region/offers/offers.py) or a channel's words.
"""

from __future__ import annotations

import datetime as dt

import msgspec
from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from connectors import clock
from connectors.channel import Readable
from connectors.region.database import Region
from connectors.region.ledger import ledger
from connectors.region.offers import offers
from connectors.region.offers.offers import Named
from connectors.registry import channel as channel_of
from connectors.registry import policies
from connectors.settings import Settings
from core.effects import Found, Intent, Only, subject_of
from schemas.errors import BoostezError
from tasks.deliver import carry_out
from tasks.plan import plan_now
from tasks.progress import Progress
from tasks.run import Delivered
from tasks.settle import settle


class Proof(msgspec.Struct, frozen=True):
    """What a channel shows of the offer after its withdrawal, read back at ``at``: ``gone``, or why that is not sure."""

    channel: str
    gone: bool
    told: str
    at: dt.datetime


@task(name="withdraw", task_run_name="withdraw-{offer.key}", retries=0, cache_policy=NO_CACHE)
def withdraw(region: Region, settings: Settings, offer: Named, by: str, reason: str) -> list[Proof]:
    """Close the offer for good and take it off every channel, whatever else waits there. One proof a channel that takes it."""
    offers.withdraw(region, offer.id, by, reason)
    wanted = policies(settings.channels_file).items()
    proofs = [
        _off(region, settings, name, offer.key) for name, policy in wanted if policy.takes(offer.source)
    ]
    for proof in proofs:
        get_run_logger().info("%s: %s", proof.channel, proof.told)
    return proofs


def _off(region: Region, settings: Settings, name: str, key: str) -> Proof:
    """Off one channel; trouble there leaves the others alone."""
    try:
        before = ledger.effect(region, name, key)
        plan_now(region, settings, policies(settings.channels_file)[name])
        settle.fn(region, settings, name)
        delivered = Delivered()
        carry_out(region, settings, name, delivered, Progress(f"withdraw from {name}", 1), Only(subject=key))
        return _proof(region, settings, name, before, delivered.error)
    except BoostezError as error:
        return Proof(name, gone=False, told=f"cannot be read back: {error}", at=clock.now())


def _proof(
    region: Region, settings: Settings, name: str, before: Intent | None, trouble: str | None
) -> Proof:
    gone, told = True, "never was there"
    if before is not None:
        gone, told = _read_back(region, settings, name, before, trouble)
    return Proof(name, gone, told, clock.now())


def _read_back(
    region: Region, settings: Settings, name: str, before: Intent, trouble: str | None
) -> tuple[bool, str]:
    channel = channel_of(name, settings, region)
    assert isinstance(channel, Readable)
    try:
        there = channel.find([before]).get(before.effect) or _second(channel, before.subject)
    finally:
        channel.close()
    if there is not None:
        return False, f"STILL THERE ({there.remote_id}): {trouble or 'not carried out yet'}"
    if ledger.under_way(region, name, before.subject):
        return (
            False,
            "not there now, but a call to it has no answer yet: it may still appear, and is looked up again",
        )
    return True, "gone, read back"


def _second(channel: Readable, subject: str) -> Found | None:
    """Another object of the offer than the one the ledger knows: a copy that somebody made."""
    if channel.capabilities.complete:
        return None  # whoever looked one up there looked at all
    return next((there for there in channel.inventory() if subject_of(there.marker) == subject), None)
