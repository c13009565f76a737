"""Comments under dialogues, read on from where they were: those that ask wait for a moderator.

Belongs here: the order of reading. Does not: calls of a channel (connectors/facebook_live/comments.py), or what is kept
(connectors/region/questions/comments.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Final

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from connectors.region.database import Region
from connectors.region.questions import comments
from connectors.region.questions.comments import Comment, Discussed
from schemas.errors import BoostezError

Reader = Callable[[str, str | None], tuple[Sequence[Comment], str | None]]
"""Comments under an object after a cursor, and the cursor of their end."""
PAGES: Final = 50  # of an object in one run: what is left is read by the next one


@task(name="read-comments", retries=0, cache_policy=NO_CACHE)
def read_comments(
    region: Region, discussed: Sequence[Discussed], reader: Reader, now: dt.datetime
) -> dict[str, int]:
    """Read on under each object. Returns the new questions by dialogue; trouble with one leaves the others alone."""
    asked: dict[str, int] = {}
    for each in discussed:
        try:
            asked[each.ref] = asked.get(each.ref, 0) + _read_on(region, each, reader, now)
        except BoostezError as error:
            get_run_logger().warning("%s on %s: %s", each.ref, each.channel, error)
    return asked


def _read_on(region: Region, read: Discussed, reader: Reader, now: dt.datetime) -> int:
    """Each page is kept before the next is asked for: a run that is killed loses none."""
    added, cursor = 0, read.cursor
    for _ in range(PAGES):
        found, after = reader(read.remote_id, cursor)
        added += comments.take(region, read, found, after, now)
        if not found or after in {None, cursor}:
            break
        cursor = after
    return added
