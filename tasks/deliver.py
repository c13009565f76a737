"""Deliver: carrying out what the ledger plans on a channel, under the effect protocol.

Belongs here: claim, call, receive, for each of the three shapes of a channel. Does not: what is planned (plan.py), the
ledger's transactions (connectors/region/ledger/ledger.py) or any channel's words.

Writes are never retried here: what has no trustworthy receipt is unknown, and settling looks it up (settle.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Final

import msgspec
from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from connectors.channel import BoardChannel, Channel, DocumentChannel, Entry, ItemChannel, Sent
from connectors.logs import bound
from connectors.region.database import Region
from connectors.region.ledger import channel_state, ledger
from connectors.registry import channel as channel_of
from connectors.settings import Settings
from connectors.telemetry import span
from core.effects import ALL, Intent, Only, Receipt
from core.plan import Operation, Plan
from schemas.errors import NO_FAILURE, BoostezError, Misconfigured, Permanent, RetryLater, Unreachable
from schemas.offer import decode
from tasks.progress import Progress
from tasks.run import Delivered, Run
from tasks.tracing import traced

CLAIMED: Final = 20  # batches a claim: what a lease covers and one commit receives
SAFE: Final = (
    0.5  # of the lease must be left when a call begins, or a stalled worker could write under a lost lease
)
_FIELDS: Final = {"create": "created", "update": "updated", "withdraw": "withdrawn"}


@task(name="deliver", task_run_name="deliver-{wanted.channel}", retries=0, cache_policy=NO_CACHE)
def deliver(run: Run, wanted: Plan) -> Delivered:
    """Carry out the plan on its channel. A channel in trouble is reported and leaves the others alone."""
    delivered = run.figures.channels.setdefault(wanted.channel, Delivered())
    delivered.held = wanted.held
    with run.meter.stage(f"deliver {wanted.channel}") as stage:
        progress = Progress(f"deliver {wanted.channel}", wanted.changes)
        run.figures.writing_calls += carry_out(run.region, run.settings, wanted.channel, delivered, progress)
        stage.documents += progress.done
    return delivered


class _Delivery(msgspec.Struct):
    """One delivery under way, of ``only`` some of what is due."""

    region: Region
    channel: Channel
    delivered: Delivered
    progress: Progress
    only: Only


def carry_out(
    region: Region,
    settings: Settings,
    name: str,
    delivered: Delivered,
    progress: Progress,
    only: Only = ALL,
) -> int:
    """Deliver what is due on a channel and note what came of it. Returns the writing calls made.

    Trouble is noted and told, never raised: a permanent one pauses the channel until a person acts.
    """
    try:
        channel = channel_of(name, settings, region)
    except Misconfigured as error:
        delivered.error = str(error)
        return 0
    delivery = _Delivery(region, channel, delivered, progress, only)
    with traced(channel=name):
        try:
            with span("deliver", boostez__channel=name):
                if wait := channel_state.check_open(region, name):
                    raise RetryLater(f"the channel asked for time: {wait:.0f} s left", after=wait)
                _SHAPES[next(shape for shape in _SHAPES if isinstance(channel, shape))](delivery)
        except BoostezError as error:
            _note(delivery, error)
        finally:
            channel.close()
    return int(getattr(getattr(channel, "http", None), "writes", 0))


def _note(delivery: _Delivery, error: BoostezError) -> None:
    delivered = delivery.delivered
    delivered.error = str(error)
    delivered.unreachable = isinstance(error, Unreachable)
    delivered.waiting = isinstance(error, RetryLater) and not delivered.unreachable
    if isinstance(error, Permanent) and not isinstance(error, Misconfigured):
        channel_state.pause(delivery.region, delivery.channel.name, str(error))
    get_run_logger().warning("%s: %s", delivery.channel.name, error)


def _count(delivered: Delivered, operation: str, number: int = 1) -> None:
    field = _FIELDS[operation]
    setattr(delivered, field, getattr(delivered, field) + number)


def _place(delivery: _Delivery) -> None:
    channel = delivery.channel
    assert isinstance(channel, BoardChannel)
    able = channel.capabilities
    with ThreadPoolExecutor(able.in_flight, thread_name_prefix=channel.name) as pool:
        while True:
            steps = list(pool.map(lambda _: channel.place(able.batch, delivery.only), range(able.in_flight)))
            for placed in steps:
                for operation, number in placed.items():
                    _count(delivery.delivered, operation, number)
            if not (total := sum(sum(placed.values()) for placed in steps)):
                return
            delivery.progress.add(total)
            channel_state.check_open(delivery.region, channel.name)  # somebody may have paused it meanwhile


def _replace(delivery: _Delivery) -> None:
    with delivery.region.sole_writer(delivery.channel.name):
        claimed = _rewrite(delivery)
    for operation, number in claimed.items():
        _count(delivery.delivered, operation, number)
    delivery.progress.add(sum(claimed.values()))


def _rewrite(delivery: _Delivery) -> dict[Operation, int]:
    channel, region = delivery.channel, delivery.region
    assert isinstance(channel, DocumentChannel)
    able = channel.capabilities
    lease, claimed = ledger.claim_all(region, channel.name, able.form, able.lease_seconds)
    if not claimed and channel.present():
        return claimed
    built_at = ledger.last_intent(region, channel.name) or dt.datetime.fromtimestamp(0, dt.UTC)
    entries = (Entry(marker, decode(content)) for marker, content in ledger.entries(region, channel.name))
    channel.replace(
        _fenced(region, lease, entries) if claimed else entries,
        built_at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    ledger.receive_all(region, lease)
    return claimed


def _fenced(region: Region, lease: int, entries: Iterator[Entry]) -> Iterator[Entry]:
    """The entries, and a last look at the lease before the document takes the old one's place."""
    yield from entries
    _check_lease(region, lease, 0.0)


def _send_all(delivery: _Delivery) -> None:
    channel, region = delivery.channel, delivery.region
    assert isinstance(channel, ItemChannel)
    able = channel.capabilities
    with ThreadPoolExecutor(able.in_flight, thread_name_prefix=channel.name) as pool:
        while True:
            lease, intents = ledger.claim(
                region, channel.name, able.form, able.batch * CLAIMED, able.lease_seconds, delivery.only
            )
            if not intents:
                return
            batches = [intents[n : n + able.batch] for n in range(0, len(intents), able.batch)]
            send = _sender(region, channel, lease)
            calls = [partial(copy_context().run, send, batch) for batch in batches]  # with what is bound here
            trouble = _receive(delivery, lease, batches, pool.map(lambda call: call(), calls))
            delivery.progress.add(len(intents))
            if trouble:
                raise trouble
            channel_state.check_open(region, channel.name)  # somebody may have paused it meanwhile


_SHAPES: Final[dict[type[Channel], Callable[[_Delivery], None]]] = {
    BoardChannel: _place,
    DocumentChannel: _replace,
    ItemChannel: _send_all,
}
Answer = Sent | BoostezError


def _sender(region: Region, channel: ItemChannel, lease: int) -> Callable[[Sequence[Intent]], Answer]:
    """One call, its trouble as a value; after the first trouble no further call is begun."""
    stopped: list[BoostezError] = []
    needed = channel.capabilities.lease_seconds * SAFE

    def send(batch: Sequence[Intent]) -> Answer:
        if stopped:
            return stopped[0]
        try:
            _check_lease(region, lease, needed)
            effects = [intent.effect for intent in batch]
            with (
                bound(effect_ids=effects),
                span("send", boostez__channel=channel.name, boostez__effect_ids=effects),
            ):
                sent = channel.send(batch)
        except (RetryLater, Permanent) as error:
            stopped.append(error)
            return error
        if sent.halt:
            stopped.append(sent.halt)
        return sent

    return send


def _check_lease(region: Region, lease: int, needed: float) -> None:
    if not ledger.holds(region, lease, needed):
        raise RetryLater("too slow for its lease: the rest waits for the next run", cause="lease")


def _receive(
    delivery: _Delivery, lease: int, batches: Sequence[Sequence[Intent]], answers: Iterator[Answer]
) -> BoostezError | None:
    """Receive what came of each batch under its lease; the trouble that stops the channel, if any."""
    trouble: BoostezError | None = None
    for batch, answer in zip(batches, answers, strict=True):
        if isinstance(answer, BoostezError):
            trouble = answer
            receipts = _not_done(batch, answer)
        else:
            trouble = answer.halt or trouble
            receipts = answer.receipts
        if isinstance(trouble, RetryLater):
            channel_state.hold(delivery.region, delivery.channel.name, trouble.after)
        ledger.receive(delivery.region, lease, receipts)
        _tally(delivery.delivered, batch, receipts)
    return trouble


def _not_done(batch: Sequence[Intent], error: BoostezError) -> list[Receipt]:
    after = error.after if isinstance(error, RetryLater) else 0.0
    return [Receipt(i.effect, "retry", after=after, error=str(error), cause=error.cause) for i in batch]


def _tally(delivered: Delivered, batch: Sequence[Intent], receipts: Sequence[Receipt]) -> None:
    operations = {intent.effect: intent.operation for intent in batch}
    for receipt in receipts:
        if receipt.outcome == "done":
            _count(delivered, operations[receipt.effect])
        elif receipt.outcome == "unknown":
            delivered.unknown += 1
        elif receipt.outcome == "rejected" and receipt.cause in NO_FAILURE:
            delivered.moot += 1
        elif receipt.outcome == "rejected":
            delivered.refused += 1
