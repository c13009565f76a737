"""The officers' queue: what firms posted and nobody decided on, for officers without a Prefect UI.

Belongs here: routes, and in which order a page becomes a decision. Does not: a decision's effect (connectors/region/offers/postings.py),
who an officer is (access.py), sentences (templates/).

Opening a page changes nothing. A decision holds for the text that was shown, and is kept under the name of whoever is signed in.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors import clock
from connectors.region.database import Region
from connectors.region.offers import postings
from connectors.region.offers.postings import Posting
from core.html import printable
from core.normalise import normalise
from portal.access import HOME, Officer, form_for, page_for
from portal.comparing import Change, changes
from portal.forms import go, private, sealed, with_form
from portal.posting import previewed
from schemas.errors import Misconfigured, Refused
from schemas.offer import Offer

QUEUE: Final = f"{HOME}/offres"
SHORTEST, LONGEST = 3, 2000  # characters of a reason
_DIGITS: Final = 9  # of a number in an address or a form


class Waiting(msgspec.Struct, frozen=True):
    """A posting as the queue shows it. ``known`` is the firm's name in our other offers, ``offer`` what residents would see.

    ``offer`` is None when a rule refuses the text by now.
    """

    posting: Posting
    known: str | None
    offer: Offer | None
    changes: tuple[Change, ...]


def _seen(region: Region, posting: Posting, now: dt.datetime) -> Waiting:
    assert posting.draft is not None
    draft = msgspec.structs.replace(posting.draft, published_at=posting.published_at or now)
    verdict = normalise(draft)
    new = None if isinstance(verdict, tuple) else verdict.offer
    out = postings.out(region, posting) if posting.out else None
    known = postings.employer_name(region, posting.siret)
    return Waiting(posting, known, new, changes(out, new) if out and new else ())


def queue(request: Request, officer: Officer) -> Response:
    """What waits, oldest first."""
    now = clock.now()
    region = request.app.state.region
    waiting = [_seen(region, posting, now) for posting in postings.listed(region)]
    return private(request, "officer_queue.html", by=officer.name, waiting=waiting)


def _posting(request: Request) -> Posting | None:
    """The posting of the address, once its author confirmed it."""
    number = _number(request.path_params["number"])
    try:
        found = postings.get(request.app.state.region, number)
    except Misconfigured:
        return None
    return None if found.state == "unconfirmed" else found


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else 0


def one(request: Request, officer: Officer) -> Response:
    """One text as residents would see it, and what to look at; or what was decided on it."""
    posting = _posting(request)
    if posting is None:
        return private(request, "officer_none.html", 404)
    return _page(request, posting, officer.name, clock.now(), chosen=request.query_params.get("motif", ""))


def _page(
    request: Request,
    posting: Posting,
    by: str,
    now: dt.datetime,
    status: int = 200,
    *,
    problem: str = "",
    reason: str = "",
    chosen: str = "",
) -> Response:
    if posting.state != "waiting" or posting.draft is None:
        return private(request, "officer_decided.html", status, posting=posting)
    seen = _seen(request.app.state.region, posting, now)
    return with_form(
        request,
        "officer_posting.html" if seen.offer else "officer_refusing.html",
        status,
        now,
        **(previewed(seen.offer, now) if seen.offer else {}),
        seen=seen,
        posting=posting,
        by=by,
        problem=problem,
        reason=reason,
        chosen=chosen,
        longest=LONGEST,
    )


def decide(request: Request, officer: Officer, given: Mapping[str, str], now: dt.datetime) -> Response:
    """Approve or refuse the text that was shown, or say why not."""
    by = officer.name
    posting = _posting(request)
    if posting is None:
        return private(request, "officer_none.html", 404)
    reason = printable(given.get("raison", "")).replace("\r\n", "\n").strip()
    revision = _number(given.get("texte", ""))

    def again(status: int, problem: str) -> Response:
        found = postings.get(request.app.state.region, posting.id)
        return _page(request, found, by, now, status, problem=problem, reason=reason)

    if not sealed(request, given, now):
        return again(403, "stale")
    refusing = given.get("action") != "approuver"
    if refusing and not SHORTEST <= len(reason) <= LONGEST:
        return again(422, "reason")
    region = request.app.state.region
    try:
        if refusing:
            postings.refuse(region, posting.id, revision, by, reason, now)
        else:
            postings.approve(region, posting.id, revision, by, now)
    except Refused:
        newest = postings.get(region, posting.id)
        return again(409, "rule" if newest.revision == revision else "newer")
    return go(f"{QUEUE}/{posting.id}")


ROUTES: Final = (
    Route(QUEUE, page_for("postings", queue)),
    Route(f"{QUEUE}/{{number}}", page_for("postings", one), methods=["GET"]),
    Route(f"{QUEUE}/{{number}}", form_for("postings", decide), methods=["POST"]),
)
