"""What people are asked after a session, and three and six months later, behind the links that their letters carry.

Belongs here: routes, and reading both forms. Does not: the questions' words (templates/), what an answer is
(schemas/questionnaires.py), keeping it (connectors/region/firms/answers.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final, get_args

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors import clock
from connectors.region.firms import answers
from connectors.region.people import places
from connectors.region.people.places import Place
from connectors.seals import Opener, Seals
from core.html import printable
from portal.consents import TICKED
from portal.forms import answered, private, sealed, with_form
from schemas.questionnaires import About, Customers, Outcome, Satisfaction, Tool, Turnover

WITHIN: Final[dict[About, dt.timedelta]] = {  # after the session's end
    "satisfaction": dt.timedelta(days=90),
    "outcome_3": dt.timedelta(days=365),
    "outcome_6": dt.timedelta(days=365),
}
_ASKED: Final[dict[Opener, tuple[str, ...]]] = {
    "satisfaction": ("present",),
    "outcome": ("present", "absent"),
}
LONGEST: Final = 2000  # characters of a text
MOST_JOBS: Final = 249
MARKS: Final[dict[str, str]] = {"utile": "useful", "clair": "clear", "conseil": "recommended"}
CUSTOMERS: Final[dict[str, Customers]] = {"plus": "more", "autant": "same", "moins": "fewer"}
TURNOVERS: Final[dict[str, Turnover]] = {"hausse": "up", "stable": "same", "baisse": "down", "tu": "unsaid"}
TOOLS: Final[dict[str, Tool]] = {f"outil_{tool}": tool for tool in get_args(Tool)}
Filled = tuple[dict[str, str], dict[str, str]]  # values, and a word for what is wrong, by field


def _dead(request: Request) -> Response:
    return private(request, "link_gone.html", 410)


def _opened(request: Request, purpose: Opener, now: dt.datetime) -> tuple[Place, About] | None:
    """Who is asked about what, not long ago: who came how it was, who had a place what became of their firm."""
    word = Seals(request.app.state.settings).opened(purpose, request.path_params["seal"], now, None)
    if word is None:
        return None
    number, _, told = word.partition(".")
    about = msgspec.convert(told or "satisfaction", About)
    place = places.of(request.app.state.region, int(number))
    if place is None or place.enrolment.state not in _ASKED[purpose]:
        return None
    return (place, about) if now <= place.session.ends_at + WITHIN[about] else None


# How a session was


def satisfaction(request: Request) -> Response:
    """The questions, with what was answered before."""
    now = clock.now()
    opened = _opened(request, "satisfaction", now)
    if opened is None:
        return _dead(request)
    before = answers.get(request.app.state.region, opened[0].enrolment.id, "satisfaction", Satisfaction)
    values = {name: str(getattr(before, field)) if before else "" for name, field in MARKS.items()}
    values["commentaire"] = before.text if before else ""
    return _satisfaction(request, opened[0], (values, {}), now)


def _satisfaction(
    request: Request, place: Place, filled: Filled, now: dt.datetime, *, stale: bool = False
) -> Response:
    return _asking(request, "satisfaction.html", place, filled, now, stale=stale, least=answers.LEAST)


def _asking(
    request: Request,
    template: str,
    place: Place,
    filled: Filled,
    now: dt.datetime,
    *,
    stale: bool,
    **words: Any,
) -> Response:
    values, errors = filled
    return with_form(
        request,
        template,
        422 if errors else 403 if stale else 200,
        now,
        session=place.session,
        values=values,
        errors=errors,
        wrong=list(errors),
        stale=stale,
        lengths={"commentaire": LONGEST},
        **words,
    )


def satisfied(request: Request, given: Mapping[str, str], now: dt.datetime) -> Response:
    """Keep the answer, or say what is missing."""
    opened = _opened(request, "satisfaction", now)
    if opened is None:
        return _dead(request)
    place, about = opened
    values = {name: given.get(name, "") for name in MARKS} | {"commentaire": _comment(given)}
    if not sealed(request, given, now):
        return _satisfaction(request, place, (values, {}), now, stale=True)
    errors = {name: "missing" for name in MARKS if values[name] not in {"1", "2", "3", "4", "5"}}
    if len(values["commentaire"]) > LONGEST:
        errors["commentaire"] = "too_long"
    if errors:
        return _satisfaction(request, place, (values, errors), now)
    answer = Satisfaction(
        useful=int(values["utile"]),
        clear=int(values["clair"]),
        recommended=int(values["conseil"]),
        text=values["commentaire"],
    )
    answers.keep(request.app.state.region, place.enrolment.id, about, answer, now)
    return private(request, "questionnaire_thanks.html")


def _comment(given: Mapping[str, str]) -> str:
    return printable(given.get("commentaire", "")).strip()


# What became of the firm


def outcome(request: Request) -> Response:
    """The questions, with what was answered before."""
    now = clock.now()
    opened = _opened(request, "outcome", now)
    if opened is None:
        return _dead(request)
    place, about = opened
    before = answers.get(request.app.state.region, place.enrolment.id, about, Outcome)
    return _outcome(request, place, about, (_written(before), {}), now)


def _written(before: Outcome | None) -> dict[str, str]:
    """An answer as it stands in the fields."""
    if before is None:
        return dict.fromkeys(("clients", "chiffre", *TOOLS, "emplois", "commentaire"), "")
    return {
        "clients": next(word for word, meant in CUSTOMERS.items() if meant == before.customers),
        "chiffre": next(word for word, meant in TURNOVERS.items() if meant == before.turnover),
        **{name: TICKED if tool in before.tools else "" for name, tool in TOOLS.items()},
        "emplois": "" if before.jobs is None else str(before.jobs),
        "commentaire": before.text,
    }


def _outcome(
    request: Request, place: Place, about: About, filled: Filled, now: dt.datetime, *, stale: bool = False
) -> Response:
    months = about.partition("_")[2]
    return _asking(request, "outcome.html", place, filled, now, stale=stale, months=months, tools=list(TOOLS))


def told(request: Request, given: Mapping[str, str], now: dt.datetime) -> Response:
    """Keep the answer, or say what is wrong."""
    opened = _opened(request, "outcome", now)
    if opened is None:
        return _dead(request)
    place, about = opened
    values = {name: given.get(name, "").strip() for name in _written(None)} | {"commentaire": _comment(given)}
    if not sealed(request, given, now):
        return _outcome(request, place, about, (values, {}), now, stale=True)
    errors = _outcome_errors(values)
    if errors:
        return _outcome(request, place, about, (values, errors), now)
    answer = Outcome(
        customers=CUSTOMERS[values["clients"]],
        turnover=TURNOVERS[values["chiffre"]],
        tools=tuple(tool for name, tool in TOOLS.items() if values[name] == TICKED),
        jobs=int(values["emplois"]) if values["emplois"] else None,
        text=values["commentaire"],
    )
    answers.keep(request.app.state.region, place.enrolment.id, about, answer, now)
    return private(request, "questionnaire_thanks.html")


def _outcome_errors(values: Mapping[str, str]) -> dict[str, str]:
    errors = {
        name: "missing"
        for name, choices in (("clients", CUSTOMERS), ("chiffre", TURNOVERS))
        if values[name] not in choices
    }
    jobs = values["emplois"]
    if jobs and not (jobs.isascii() and jobs.isdigit() and len(jobs) < 4 and int(jobs) <= MOST_JOBS):
        errors["emplois"] = "number_range"
    if len(values["commentaire"]) > LONGEST:
        errors["commentaire"] = "too_long"
    return errors


_SATISFACTION: Final = "/avis/{seal}"
_OUTCOME: Final = "/bilan/{seal}"
ROUTES: Final = (
    Route(_SATISFACTION, satisfaction, methods=["GET"]),
    Route(_SATISFACTION, answered(satisfied), methods=["POST"]),
    Route(_OUTCOME, outcome, methods=["GET"]),
    Route(_OUTCOME, answered(told), methods=["POST"]),
)
