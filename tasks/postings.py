"""Postings: what their state calls for, each step on its own.

Belongs here: bringing what was approved or closed to every channel, asking an officer, and
ending forms that nobody needs to fill in any more.
Does not: a posting's states (connectors/region/offers/postings.py), its form for officers (flows/decide_posting.py).

Every step follows from rows, so a crash between two of them loses nothing: the next minute does the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from connectors.region.database import Region
from connectors.region.offers import postings
from connectors.region.offers.postings import Posting
from connectors.registry import policies
from connectors.settings import Settings
from core.effects import Only
from schemas.errors import BoostezError, Misconfigured
from tasks import forms
from tasks.deliver import carry_out
from tasks.plan import plan_now
from tasks.progress import Progress
from tasks.run import Delivered

DECIDE: Final = "decide-posting/posting"  # the deployment whose run shows the form


@task(name="put-out", retries=0, cache_policy=NO_CACHE)
def put_out(region: Region, settings: Settings, keys: Sequence[str]) -> dict[str, Delivered]:
    """Bring these offers to every channel as they are now, whatever else waits there. Trouble on one leaves the others alone."""
    told: dict[str, Delivered] = {}
    for name, policy in policies(settings.channels_file).items():
        delivered = told.setdefault(name, Delivered())
        try:
            plan_now(region, settings, policy)
            for key in keys:
                carry_out(
                    region, settings, name, delivered, Progress(f"{key} on {name}", 1), Only(subject=key)
                )
        except BoostezError as error:
            delivered.error = str(error)
            get_run_logger().warning("%s: %s", name, error)
    return told


def unheard(region: Region) -> list[Posting]:
    """The postings that wait, and that no form shows yet."""
    return [posting for posting in postings.listed(region) if posting.flow_run is None]


def ask(region: Region, posting: Posting) -> bool:
    """Have an officer decide on a posting's newest text: one form a text, also when this is done twice."""
    parameters = {"posting": posting.id, "revision": posting.revision}
    otherwise = f"decide with `boostez posting approve|refuse {posting.id}`"
    run = forms.show(DECIDE, parameters, "portal", key=posting.cause, otherwise=otherwise)
    if run:
        postings.shown_by(region, posting.id, posting.revision, run)
    return run is not None


def end_forms(region: Region) -> list[int]:
    """End the forms whose text was decided on elsewhere, or is another by now. Returns their postings' numbers."""
    ended = forms.end(
        DECIDE, lambda parameters: _decided(region, parameters["posting"], parameters["revision"])
    )
    return [parameters["posting"] for parameters in ended]


def _decided(region: Region, number: int, revision: int) -> str | None:
    """Why nobody needs to decide on a text any more."""
    try:
        posting = postings.get(region, number)
    except Misconfigured:
        return f"Posting {number} was deleted."
    if posting.revision != revision:
        return f"Posting {number} has another text by now, with a form of its own."
    by = f" by {posting.decided_by}" if posting.decided_by else ""
    return (
        None if posting.state == "waiting" else f"Posting {number} is {posting.state}{by}, decided elsewhere."
    )
