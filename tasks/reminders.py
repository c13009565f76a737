"""Reminders: what is due goes into letters, what came of letters is written down, coaches know what was not sent.

Belongs here: each step on its own. Does not: their order (flows/reminders.py), which reminder may go (core/judging.py), statements
(connectors/region/sessions/reminders.py).

Every step follows from rows, so a crash between two of them loses nothing: the next minute does the rest.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from connectors.region.database import Region
from connectors.region.sessions import reminders, sheets, untold
from connectors.region.sessions.reminders import Closed, Queued, Rules
from core.days import at_paris
from tasks.tell import RUNBOOK

PAGE: Final = f"{RUNBOOK}/reminders-not-sent.md"


@task(name="queue-reminders", retries=0, cache_policy=NO_CACHE)
def queue_reminders(region: Region, rules: Rules, now: dt.datetime) -> Queued:
    """Put each reminder that is due in a letter, one a person, or end it."""
    queued = reminders.queue(region, rules, now)
    if queued.refused:
        get_run_logger().warning("%d reminders are not sent: no consent covers them", queued.refused)
    return queued


@task(name="close-reminders", retries=0, cache_policy=NO_CACHE)
def close_reminders(region: Region, now: dt.datetime) -> Closed:
    """Write down what came of the letters that carry reminders."""
    return reminders.close(region, now)


@task(name="tell-coaches", retries=0, cache_policy=NO_CACHE)
def tell_coaches(region: Region, now: dt.datetime) -> int:
    """Have coaches know what was not sent, and ask them who came. Where a session has no coach an alert tells.

    Returns how many reminders are told of.
    """
    untold.call_back(region)
    told = untold.tell_coaches(region, now)
    for each in untold.without_coach(region):
        number = len(each.reminders)
        title = f"{number} reminders of {each.session} were not sent"
        message = (
            f"{number} people were not reminded of « {each.title} » ({at_paris(each.starts_at)}), and no letter to a coach "
            f"tells it. Phone them: `boostez reminders list --session {each.session}` names them. More: {PAGE}"
        )
        if untold.alert(region, each, title, message, now):
            get_run_logger().warning("%s: no coach could be told", title)
            told += number
    sheets.ask(region, now)
    return told
