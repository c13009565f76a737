"""What firms post on the open portal, minute by minute.

Belongs here: the order. Does not: a step (tasks/postings.py), or the officer's form (decide_posting.py).
"""

from __future__ import annotations

from typing import Any

import msgspec
from prefect import flow

from connectors import clock
from connectors.region.database import safe_region
from connectors.region.ledger.letters import MAIL
from connectors.region.offers import postings, retention
from connectors.registry import policies
from connectors.settings import settings
from tasks.letters import send_letters
from tasks.postings import ask, end_forms, put_out, unheard
from tasks.tell import tell


@flow(name="serve-postings", flow_run_name="postings of firms", description=__doc__)
def serve_postings() -> dict[str, Any]:
    """Tidy up, send the letters due, bring what was approved or closed to every channel, have officers asked, end old forms."""
    chosen, database = settings(), safe_region()
    with database.at_work():
        tidied = retention.tidy(database, clock.now())
        letters = send_letters(database, chosen, MAIL)
        keys = postings.undelivered(database, list(policies(chosen.channels_file)))
        told = put_out(database, chosen, keys) if keys else {}
        asked = [posting.id for posting in unheard(database) if ask(database, posting)]
        if asked:
            tell(database, chosen)
        ended = end_forms(database)
    return dict(
        msgspec.to_builtins(
            {
                "tidied": tidied,
                "letters": letters,
                "put_out": told,
                "keys": keys,
                "asked": asked,
                "ended": ended,
            }
        )
    )
