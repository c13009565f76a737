"""The officers' queue: what firms posted and nobody decided on, for officers without a Prefect UI.

Belongs here: routes, and in which order a page becomes a decision. Does not: a decision's effect (connectors/region/postings.py),
whose a link is (connectors/region/officers.py), sentences (templates/).

Opening a page changes nothing. A decision holds for the text that was shown, and is kept under the name in the link.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.region import officers, postings, questions
from connectors.region.database import Region
from connectors.region.postings import Posting
from connectors.seals import OFFICER_WITHIN, Seals
from core.html import printable
from core.normalise import normalise
from portal.comparing import Change, changes
from portal.forms import answered, go, private, sealed, with_form
from portal.posting import previewed
from schemas.errors import Misconfigured, Refused
from schemas.offer import Offer

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


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def officer_of(request: Request, now: dt.datetime) -> str | None:
    """Whose link it is."""
    link = Seals(request.app.state.settings).opened(
        "officer", request.path_params["seal"], now, OFFICER_WITHIN
    )
    return None if link is None else officers.holder(request.app.state.region, int(link))


def dead(request: Request) -> Response:
    """What a link that opens nothing says."""
    return private(request, "officer_gone.html", 410)


def _seen(region: Region, posting: Posting, now: dt.datetime) -> Waiting:
    assert posting.draft is not None
    draft = msgspec.structs.replace(posting.draft, published_at=posting.published_at or now)
    verdict = normalise(draft)
    new = None if isinstance(verdict, tuple) else verdict.offer
    out = postings.out(region, posting) if posting.out else None
    known = postings.employer_name(region, posting.siret)
    return Waiting(posting, known, new, changes(out, new) if out and new else ())


def queue(request: Request) -> Response:
    """What waits, oldest first."""
    now = _now()
    by = officer_of(request, now)
    if by is None:
        return dead(request)
    region = request.app.state.region
    waiting = [_seen(region, posting, now) for posting in postings.listed(region)]
    return private(
        request,
        "officer_queue.html",
        by=by,
        waiting=waiting,
        questions=questions.counts(region).waiting,
        holder=request.path_params["seal"],
    )


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


def one(request: Request) -> Response:
    """One text as residents would see it, and what to look at; or what was decided on it."""
    now = _now()
    by = officer_of(request, now)
    if by is None:
        return dead(request)
    posting = _posting(request)
    if posting is None:
        return private(request, "officer_none.html", 404, holder=request.path_params["seal"])
    return _page(request, posting, by, now, chosen=request.query_params.get("motif", ""))


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
    holder = request.path_params["seal"]
    if posting.state != "waiting" or posting.draft is None:
        return private(request, "officer_decided.html", status, posting=posting, holder=holder)
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
        holder=holder,
        problem=problem,
        reason=reason,
        chosen=chosen,
        longest=LONGEST,
    )


def decide(request: Request, given: Mapping[str, str], now: dt.datetime) -> Response:
    """Approve or refuse the text that was shown, or say why not."""
    by = officer_of(request, now)
    if by is None:
        return dead(request)
    posting = _posting(request)
    if posting is None:
        return private(request, "officer_none.html", 404, holder=request.path_params["seal"])
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
    return go(f"/deposer/agent/{request.path_params['seal']}/{posting.id}")


_QUEUE: Final = "/deposer/agent/{seal}"
ROUTES: Final = (
    Route(_QUEUE, queue),
    Route(f"{_QUEUE}/{{number}}", one, methods=["GET"]),
    Route(f"{_QUEUE}/{{number}}", answered(decide), methods=["POST"]),
)
