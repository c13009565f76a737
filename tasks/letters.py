"""Letters and texts to people: sending those that are due.

Belongs here: the one step that delivers on a messenger. Does not: what calls for a letter (connectors/region), what it says
(connectors/mail, connectors/sms).
"""

from __future__ import annotations

from prefect import task
from prefect.cache_policies import NO_CACHE

from connectors.region.database import Region
from connectors.settings import Settings
from tasks.deliver import carry_out
from tasks.progress import Progress
from tasks.run import Delivered


@task(name="send-letters", task_run_name="send-{transport}", retries=0, cache_policy=NO_CACHE)
def send_letters(region: Region, settings: Settings, transport: str) -> Delivered:
    """Send what is due by one transport."""
    delivered = Delivered()
    carry_out(region, settings, transport, delivered, Progress(f"letters by {transport}", 0))
    return delivered
