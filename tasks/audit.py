"""Audit: hold what is really on a channel against the ledger, and heal or tell what differs.

Belongs here: the order, by the channel's policy. Does not: the comparison (connectors/region/publishing/audits.py) or putting it right
(deliver.py).
"""

from __future__ import annotations

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from connectors.channel import ItemChannel, Readable
from connectors.region.database import Region
from connectors.region.publishing import audits
from connectors.region.publishing.audits import Audit
from connectors.registry import channel as channel_of
from connectors.registry import policies
from connectors.settings import Settings
from tasks.deliver import carry_out
from tasks.plan import plan_now
from tasks.progress import Progress
from tasks.run import Delivered
from tasks.tell import RUNBOOK, over, sound

ORPHANS = 24 * 3600.0  # seconds for a sync to bring the offer of a post that nobody here knows


@task(name="audit", task_run_name="audit-{name}", cache_policy=NO_CACHE)
def audit(region: Region, settings: Settings, name: str, *, heal: bool) -> Audit:
    """Audit a channel. ``heal`` puts right what differs, at once; otherwise a person is told.

    Raises:
        RetryLater: the channel cannot be read now.
        Permanent: it cannot be read until a person acts.

    """
    channel = channel_of(name, settings, region)
    assert isinstance(channel, Readable)
    try:
        found = audits.audit(region, channel)
    finally:
        channel.close()
    get_run_logger().info("%s", line(found))
    if found.drifts and not heal:
        sound(region, f"drift {name}", f"{name} is not what the ledger says", _in_words(found))
        return found
    if found.drifts:
        _heal(region, settings, found, ORPHANS if isinstance(channel, ItemChannel) else 0.0)
    over(region, f"drift {name}")
    return found


def _heal(region: Region, settings: Settings, found: Audit, patience: float) -> None:
    """Have the ledger say what was found, and deliver; what is ours and unexpected first meets the plan: it may be wanted.

    After a restore from a backup the offers are old too: what they lack or still show open, a sync must say first.
    """
    name = found.channel
    audits.heal(region, found, patience)
    if found.outrun:
        get_run_logger().warning(
            "%s is newer than the ledger, which was restored, it seems: what was found is adopted, the next sync delivers",
            name,
        )
        return
    policy = policies(settings.channels_file).get(name)
    if found.counts["unexpected"] and policy:
        plan_now(region, settings, policy)
    carry_out(region, settings, name, Delivered(), Progress(f"heal {name}", len(found.drifts)))


def line(found: Audit) -> str:
    """An audit in one line."""
    word = "agree" if found.agrees else "DIFFER"
    drift = ", ".join(f"{kind} {number}" for kind, number in found.counts.items())
    return (
        f"{found.channel}: database wants {found.wanted}, ledger says {found.live} live, the channel holds "
        f"{found.inventory}: {word} ({drift}, not ours {found.foreign})"
    )


def _in_words(found: Audit) -> str:
    examples = "\n".join(
        f"- {drift.kind}: {drift.subject} ({drift.remote_id})" for drift in found.drifts[:10]
    )
    return (
        f"{line(found)}.\n\n{examples}\n\nSomebody changed it by hand, or something was lost. To put it right: "
        f"`boostez audit {found.channel} --heal`. More: {RUNBOOK}/audit-differs.md"
    )
