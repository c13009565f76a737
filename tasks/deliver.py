"""Plan and deliver: what a channel needs, and carrying it out under the effect protocol.

Belongs here: claim, call, receive, for each of the three shapes of a channel. Does not: the ledger's transactions
(connectors/region/ledger.py) or any channel's words.

Writes are never retried here: what has no trustworthy receipt is unknown, and settling looks it up (settle.py).
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from connectors.channel import BoardChannel, Channel, DocumentChannel, Entry, ItemChannel, Sent
from connectors.region import channel_state, ledger, planning
from connectors.registry import channel as channel_of
from connectors.registry import policies
from core.days import paris_day
from core.effects import Intent, Receipt
from core.plan import Operation, Plan
from core.policy import Policy
from schemas.errors import BoostezError, Misconfigured, Permanent, RetryLater, Unreachable
from schemas.offer import decode
from tasks.measure import Stage
from tasks.progress import Progress
from tasks.run import Delivered, Run

CLAIMED = 20  # batches a claim: what a lease covers and one commit receives
SAFE = 0.5  # of the lease: no call begins later, so that a stalled worker cannot write under a lost lease
_FIELDS = {"create": "created", "update": "updated", "withdraw": "withdrawn"}


def channels(run: Run) -> Iterator[Policy]:
    """The policy of each channel, in the order of the reviewed file."""
    yield from policies(run.settings.channels_file).values()


@task(name="plan", task_run_name="plan-{policy.channel}", cache_policy=NO_CACHE)
def plan(run: Run, policy: Policy) -> Plan:
    """Write into the ledger what the channel should carry; the plan is what is not so yet."""
    with run.meter.stage(f"plan {policy.channel}") as stage:
        channel = channel_of(policy.channel, run.settings, run.region)
        try:
            wanted = planning.plan(
                run.region, policy, channel.capabilities.form, paris_day(dt.datetime.now(dt.UTC)), run.number
            )
        finally:
            channel.close()
        stage.documents = wanted.changes
    log = get_run_logger()
    for line in wanted.lines():
        log.info(line)
    return wanted


@task(name="deliver", task_run_name="deliver-{wanted.channel}", retries=0, cache_policy=NO_CACHE)
def deliver(run: Run, wanted: Plan) -> Delivered:
    """Carry out the plan on its channel. A channel in trouble is reported and leaves the others alone."""
    delivered = run.figures.channels.setdefault(wanted.channel, Delivered())
    try:
        channel = channel_of(wanted.channel, run.settings, run.region)
    except Misconfigured as error:
        delivered.error = str(error)
        return delivered
    progress = Progress(f"deliver {wanted.channel}", wanted.changes)
    with run.meter.stage(f"deliver {wanted.channel}") as stage:
        try:
            if wait := channel_state.check_open(run.region, channel.name):
                raise RetryLater(f"the channel asked for time: {wait:.0f} s left", after=wait)
            _deliver(run, channel, delivered, progress, stage)
        except BoostezError as error:
            _note(run, channel, delivered, error)
        finally:
            run.figures.writing_calls += getattr(getattr(channel, "http", None), "writes", 0)
            channel.close()
    return delivered


def _deliver(run: Run, channel: Channel, delivered: Delivered, progress: Progress, stage: Stage) -> None:
    match channel:
        case BoardChannel():
            _place(run, channel, delivered, progress)
        case DocumentChannel():
            _replace(run, channel, delivered, progress)
        case ItemChannel():
            _send_all(run, channel, delivered, progress)
    stage.documents += progress.done


def _note(run: Run, channel: Channel, delivered: Delivered, error: BoostezError) -> None:
    delivered.error = str(error)
    delivered.unreachable = isinstance(error, Unreachable)
    delivered.waiting = isinstance(error, RetryLater) and not delivered.unreachable
    if isinstance(error, Permanent) and not isinstance(error, Misconfigured):
        channel_state.pause(run.region, channel.name, str(error))
    get_run_logger().warning("%s: %s", channel.name, error)


def _count(delivered: Delivered, operation: str, number: int = 1) -> None:
    field = _FIELDS[operation]
    setattr(delivered, field, getattr(delivered, field) + number)


def _place(run: Run, channel: BoardChannel, delivered: Delivered, progress: Progress) -> None:
    able = channel.capabilities
    with ThreadPoolExecutor(able.in_flight, thread_name_prefix=channel.name) as pool:
        while True:
            steps = list(pool.map(lambda _: channel.place(run.region, able.batch), range(able.in_flight)))
            for placed in steps:
                for operation, number in placed.items():
                    _count(delivered, operation, number)
            if not (total := sum(sum(placed.values()) for placed in steps)):
                return
            progress.add(total)


def _replace(run: Run, channel: DocumentChannel, delivered: Delivered, progress: Progress) -> None:
    with run.region.sole_writer(channel.name):
        claimed = _rewrite(run, channel)
    for operation, number in claimed.items():
        _count(delivered, operation, number)
    progress.add(sum(claimed.values()))


def _rewrite(run: Run, channel: DocumentChannel) -> dict[Operation, int]:
    able = channel.capabilities
    lease, claimed = ledger.claim_all(run.region, channel.name, able.form, able.lease_seconds)
    if not claimed and channel.present():
        return claimed
    built_at = ledger.last_intent(run.region, channel.name) or dt.datetime.fromtimestamp(0, dt.UTC)
    entries = (Entry(marker, decode(content)) for marker, content in ledger.entries(run.region, channel.name))
    channel.replace(entries, built_at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    ledger.receive_all(run.region, lease)
    return claimed


def _send_all(run: Run, channel: ItemChannel, delivered: Delivered, progress: Progress) -> None:
    able = channel.capabilities
    with ThreadPoolExecutor(able.in_flight, thread_name_prefix=channel.name) as pool:
        while True:
            begun = time.monotonic()
            lease, intents = ledger.claim(
                run.region, channel.name, able.form, able.batch * CLAIMED, able.lease_seconds
            )
            if not intents:
                return
            batches = [intents[n : n + able.batch] for n in range(0, len(intents), able.batch)]
            deadline = begun + able.lease_seconds * SAFE
            trouble = _send(
                run, channel, lease, batches, pool.map(_sender(channel, deadline), batches), delivered
            )
            progress.add(len(intents))
            if trouble:
                raise trouble


Answer = Sent | BoostezError


def _sender(channel: ItemChannel, deadline: float) -> Callable[[Sequence[Intent]], Answer]:
    """One call, its trouble as a value; after the first trouble no further call is begun."""
    stopped: list[BoostezError] = []

    def send(batch: Sequence[Intent]) -> Answer:
        if stopped:
            return stopped[0]
        if time.monotonic() > deadline:
            stopped.append(RetryLater("too slow for its lease: the rest waits for the next run"))
            return stopped[0]
        try:
            sent = channel.send(batch)
        except (RetryLater, Permanent) as error:
            stopped.append(error)
            return error
        if sent.halt:
            stopped.append(Permanent(sent.halt))
        elif sent.hold:
            stopped.append(RetryLater("the channel asks for time", after=sent.hold))
        return sent

    return send


def _send(
    run: Run,
    channel: ItemChannel,
    lease: int,
    batches: Sequence[Sequence[Intent]],
    answers: Iterator[Answer],
    delivered: Delivered,
) -> BoostezError | None:
    """Receive what came of each batch under its lease; the trouble that stops the channel, if any."""
    trouble: BoostezError | None = None
    for batch, answer in zip(batches, answers, strict=True):
        if isinstance(answer, BoostezError):
            trouble = answer
            after = answer.after if isinstance(answer, RetryLater) else 0.0
            receipts = [Receipt(i.effect, "retry", after=after, error=str(answer)) for i in batch]
        else:
            receipts = answer.receipts
            if answer.halt:
                trouble = Permanent(answer.halt)
            elif answer.hold:
                trouble = RetryLater("the channel asks for time", after=answer.hold)
        if isinstance(trouble, RetryLater):
            channel_state.hold(run.region, channel.name, trouble.after)
        ledger.receive(run.region, lease, receipts)
        _tally(delivered, batch, receipts)
    return trouble


def _tally(delivered: Delivered, batch: Sequence[Intent], receipts: Sequence[Receipt]) -> None:
    operations = {intent.effect: intent.operation for intent in batch}
    for receipt in receipts:
        if receipt.outcome == "done":
            _count(delivered, operations[receipt.effect])
        elif receipt.outcome == "unknown":
            delivered.unknown += 1
        elif receipt.outcome == "rejected":
            delivered.refused += 1
