"""« Déposer une offre »: the form, its preview, and the pages behind the links that its author gets by mail.

Belongs here: routes, and in which order a form becomes a posting. Does not: reading fields (posting_form.py), a form's safety
(forms.py), statements (connectors/region/offers/postings.py), mails and approval (flows/postings.py).

Opening a link changes nothing, since mail scanners open links: only its button does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors import clock
from connectors.region.board.search import Listed
from connectors.region.offers import postings
from connectors.region.offers.postings import Posting
from connectors.seals import CONFIRM_WITHIN, Seals
from core import sirets, wording
from core.ip_addresses import caller
from portal import posting_form
from portal.addresses import CONTRACTS
from portal.forms import answered, go, private, sealed, with_form
from portal.posting_form import FIELDS, Filled
from schemas.errors import Refused, RetryLater
from schemas.offer import Offer

TRAP: Final = "site_internet"  # nobody sees this field: what fills it in is no person
CLOSED: Final = "posting_closed.html"


def _open(request: Request) -> bool:
    return request.app.state.settings.smtp_url is not None


# The form


def form(request: Request) -> Response:
    """The empty form."""
    if not _open(request):
        return private(request, CLOSED, 503)
    now = clock.now()
    return _form(request, Filled(posting_form.empty(now), {}), now)


def _form(
    request: Request, filled: Filled, now: dt.datetime, *, posting: Posting | None = None, stale: bool = False
) -> Response:
    status = 422 if filled.errors else 403 if stale else 200
    return with_form(
        request,
        "posting_form.html",
        status,
        now,
        values=filled.values,
        errors=filled.errors,
        wrong=[name for name in FIELDS if name in filled.errors],
        posting=posting,
        revision=filled.values.get("texte", ""),
        stale=stale,
        **_CHOICES,
    )


_CHOICES: Final[dict[str, Any]] = {
    "contracts": [(word, wording.CONTRACTS[code]) for word, code in CONTRACTS.items()],
    "units": [("heure", "par heure"), ("mois", "par mois"), ("an", "par an")],
    "experiences": [(word, wording.EXPERIENCES[code]) for word, code in posting_form.EXPERIENCES.items()],
    "remotes": [(word, wording.REMOTES[code]) for word, code in posting_form.REMOTES.items()],
    "lengths": posting_form.LENGTHS,
}


def send(request: Request, given: Mapping[str, str], now: dt.datetime) -> Response:
    """Look a name up, show a preview, or take the offer: as the pressed button says."""
    if not _open(request):
        return private(request, CLOSED, 503)
    if given.get(TRAP):
        return go("/deposer/envoyee")
    given = _with_name(request, given)
    if not sealed(request, given, now):
        return _form(request, _shown(given), now, stale=True)
    match given.get("action"):
        case "chercher" | "modifier":
            return _form(request, _shown(given), now)
        case "envoyer":
            return _take(request, given, now)
    return _preview(request, given, now)


def _shown(given: Mapping[str, str]) -> Filled:
    return Filled({name: given.get(name, "") for name in (*FIELDS, "texte")}, {})


def _with_name(request: Request, given: Mapping[str, str]) -> Mapping[str, str]:
    """The fields, the firm's name looked up in our offers when it is empty or somebody asks for it."""
    siret = sirets.read(given.get("siret", ""))
    if siret is None or (given.get("nom", "").strip() and given.get("action") != "chercher"):
        return given
    known = postings.employer_name(request.app.state.region, siret)
    return {**given, "nom": known} if known else given


def _preview(
    request: Request, given: Mapping[str, str], now: dt.datetime, *, posting: Posting | None = None
) -> Response:
    filled = posting_form.read(given, now, contact=posting is None)
    if filled.canonical is None:
        return _form(request, _with_revision(filled, given), now, posting=posting)
    ref = posting.ref if posting else "attribuée à l’envoi"
    offer = msgspec.structs.replace(filled.canonical.offer, ref=ref)
    return with_form(
        request,
        "posting_preview.html",
        200,
        now,
        **previewed(offer, now),
        values=filled.values,
        revision=given.get("texte", ""),
        posting=posting,
    )


def previewed(offer: Offer, now: dt.datetime) -> dict[str, Any]:
    """What an offer's page is given to show one that is not out."""
    listed = Listed("", offer, offer.published_at, now)
    return {
        "listed": listed,
        "offer": offer,
        "passed": False,
        "alike": (),
        "elsewhere": (),
        "report": "",
        "block": None,
    }


def _with_revision(filled: Filled, given: Mapping[str, str]) -> Filled:
    return msgspec.structs.replace(filled, values={**filled.values, "texte": given.get("texte", "")})


def _take(request: Request, given: Mapping[str, str], now: dt.datetime) -> Response:
    filled = posting_form.read(given, now)
    if filled.draft is None:
        return _form(request, filled, now)
    origin = Seals(request.app.state.settings).origin(
        caller(request.client.host if request.client else ""), now
    )
    try:
        postings.add(request.app.state.region, filled.draft, filled.contact, origin, now)
    except RetryLater as error:
        if error.cause != "limit":
            raise
        answer = private(request, "posting_busy.html", 429)
        answer.headers["Retry-After"] = f"{error.after:.0f}"
        return answer
    return go("/deposer/envoyee")


def taken(request: Request) -> Response:
    """What happens next."""
    return private(request, "posting_sent.html")


# The link that confirms


def _confirmed(request: Request, now: dt.datetime) -> Posting | None:
    seals = Seals(request.app.state.settings)
    ref = seals.opened("confirm", request.path_params["seal"], now, CONFIRM_WITHIN)
    return None if ref is None else postings.named(request.app.state.region, ref)


def confirmation(request: Request) -> Response:
    """The button that confirms."""
    now = clock.now()
    posting = _confirmed(request, now)
    if posting is None or not posting.manageable(now):
        return _dead(request)
    return with_form(request, "posting_confirm.html", 200, now, posting=posting)


def confirm(request: Request, given: Mapping[str, str], now: dt.datetime) -> Response:
    """Confirm, and on to the page that manages the posting."""
    posting = _confirmed(request, now)
    if posting is None or not posting.manageable(now):
        return _dead(request)
    if not sealed(request, given, now):
        return with_form(request, "posting_confirm.html", 403, now, posting=posting)
    postings.confirm(request.app.state.region, posting.ref, now)
    seal = Seals(request.app.state.settings).seal("manage", posting.ref, now)
    return go(f"/deposer/suivi/{seal}")


def _dead(request: Request) -> Response:
    return private(request, "posting_gone.html", 410)


# The link that manages


def _managed(request: Request, now: dt.datetime) -> Posting | None:
    ref = Seals(request.app.state.settings).opened("manage", request.path_params["seal"], now, None)
    posting = None if ref is None else postings.named(request.app.state.region, ref)
    return posting if posting and posting.state != "unconfirmed" and posting.manageable(now) else None


def manage(request: Request) -> Response:
    """Where the posting stands, and what its author may do."""
    posting = _managed(request, clock.now())
    if posting is None:
        return _dead(request)
    return private(request, "posting_manage.html", posting=posting, seal=request.path_params["seal"])


def edition(request: Request) -> Response:
    """The form, with the newest text in it."""
    now = clock.now()
    posting = _managed(request, now)
    if posting is None or posting.draft is None:
        return _dead(request)
    if posting.closed_at is not None:
        return manage(request)
    values = posting_form.written(posting.draft) | {"texte": str(posting.revision)}
    return _form(request, Filled(values, {}), now, posting=posting)


def edit(request: Request, given: Mapping[str, str], now: dt.datetime) -> Response:
    """A new text, seen first and then kept: it waits for an officer while the one that is out stays."""
    posting = _managed(request, now)
    if posting is None:
        return _dead(request)
    given = {**given, "siret": posting.siret}  # the firm is the one that was confirmed
    if not sealed(request, given, now):
        return _form(request, _shown(given), now, posting=posting, stale=True)
    if given.get("action") == "modifier":
        return _form(request, _shown(given), now, posting=posting)
    if given.get("action") != "envoyer":
        return _preview(request, given, now, posting=posting)
    filled = posting_form.read(given, now, contact=False)
    if filled.draft is None:
        return _form(request, _with_revision(filled, given), now, posting=posting)
    revision = given.get("texte", "")
    try:
        postings.amend(
            request.app.state.region,
            posting.ref,
            int(revision) if revision.isascii() and revision.isdigit() and len(revision) < 9 else 0,
            filled.draft,
            now,
        )
    except Refused:
        seal = request.path_params["seal"]
        return private(request, "posting_moved.html", 409, posting=posting, seal=seal)
    return go(f"/deposer/suivi/{request.path_params['seal']}")


def closing(request: Request) -> Response:
    """The button that closes."""
    now = clock.now()
    posting = _managed(request, now)
    if posting is None:
        return _dead(request)
    if posting.closed_at is not None:
        return manage(request)
    seal = request.path_params["seal"]
    return with_form(request, "posting_close.html", 200, now, posting=posting, holder=seal)


def close(request: Request, given: Mapping[str, str], now: dt.datetime) -> Response:
    """Close the offer: a closure that was stated."""
    posting = _managed(request, now)
    if posting is None:
        return _dead(request)
    seal = request.path_params["seal"]
    if not sealed(request, given, now):
        return with_form(request, "posting_close.html", 403, now, posting=posting, holder=seal)
    postings.close(request.app.state.region, posting.ref, now)
    return go(f"/deposer/suivi/{seal}")


_CONFIRM, _MANAGE = "/deposer/confirmer/{seal}", "/deposer/suivi/{seal}"
ROUTES: Final = (
    Route("/deposer", form, methods=["GET"]),
    Route("/deposer", answered(send), methods=["POST"]),
    Route("/deposer/envoyee", taken),
    Route(_CONFIRM, confirmation, methods=["GET"]),
    Route(_CONFIRM, answered(confirm), methods=["POST"]),
    Route(_MANAGE, manage),
    Route(f"{_MANAGE}/modifier", edition, methods=["GET"]),
    Route(f"{_MANAGE}/modifier", answered(edit), methods=["POST"]),
    Route(f"{_MANAGE}/fermer", closing, methods=["GET"]),
    Route(f"{_MANAGE}/fermer", answered(close), methods=["POST"]),
)
