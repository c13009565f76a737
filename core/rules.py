"""What makes an offer right beyond what its schema says: every reason to refuse it, at once.

Belongs here: rules over one draft, each with a sentence that an engineer at the source can act on. Does not: shapes
and formats (schemas/json), mending (core/normalise.py), anything that depends on today's date.

| rule | refused when |
| --- | --- |
| siret_checksum | the SIRET fails its checksum (Luhn; La Poste's own) |
| rome_unknown | ROME 4.0 has no such code |
| commune_unknown | the postal code, or without one the INSEE code, is of the Region, or of no department at all, and no commune matches |
| kind_mismatch | a job carries a training or a training a job |
| dates_order | the offer expires before it is published |
| sessions_order | a session ends before it starts |
| salary_order | the salary's maximum is below its minimum |
| salary_impossible | nobody is paid that an hour, a month or a year: the unit is wrong |
| number_range | a number is infinite, not a number, or beyond 2,147,483,647 |
| timestamp_offset | a timestamp carries no offset from UTC |
| ref_unprintable | the reference holds control characters |
| anonymous_apply | the employer is anonymous and every way to apply names it |

Not refused, on purpose: a place outside the Region (border offers exist), an offer without any place or with a city
alone ("69 - Rhône"), a job without contract details, an unusual but possible salary, a low one included, and an offer
without any way to apply: the contract allows each. An anonymous offer loses the addresses that name the employer when
another is left; when none is left it is refused, since the hub can neither publish the name nor leave people without a
way to apply.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from core import sirets
from core.communes import NOWHERE, served, unplaced
from core.drafts import Draft
from core.withhold import reveals
from schemas.documents import Reason, shown
from schemas.offer import Salary
from schemas.reference_tables import rome_labels

# Gross euros above which a unit is certainly wrong: 1,000 an hour is two million a year.
SALARY_CEILING = {"hour": 1_000, "month": 200_000, "year": 5_000_000}
LARGEST = 2**31 - 1
SENTINEL_YEARS = frozenset({dt.MINYEAR, dt.MAXYEAR})  # 0001 and 9999 stand for "never" and "not set"


def check(draft: Draft) -> tuple[Reason, ...]:
    """Every reason to refuse the draft; empty when it is right. Pointers are into the contractor's wire form."""
    return (
        *_employer(draft),
        *_occupation(draft),
        *_place(draft),
        *_kind(draft),
        *_dates(draft),
        *_sessions(draft),
        *_salary(draft),
        *_numbers(draft),
        *_reference(draft),
        *_application(draft),
    )


def meaningful(moment: dt.datetime | None) -> dt.datetime | None:
    """The moment, unless its year is one that systems write for "never" or "not set"."""
    return None if moment is None or moment.year in SENTINEL_YEARS else moment


def giveaways(draft: Draft) -> tuple[str, ...]:
    """The members among apply_url and apply_email that name an anonymous employer."""
    if draft.employer is None or not draft.employer.anonymous:
        return ()
    addresses = {"apply_url": draft.apply_url, "apply_email": draft.apply_email}
    return tuple(name for name, address in addresses.items() if address and reveals(address, draft.employer))


def _employer(draft: Draft) -> Iterator[Reason]:
    siret = draft.employer.siret if draft.employer else None
    if siret and siret.strip() and sirets.read(siret) is None:
        yield Reason(
            "/employer/siret",
            "siret_checksum",
            shown(siret),
            f"{shown(siret)} is no SIRET: its checksum is wrong. Send the establishment's 14 digits as registered with "
            "INSEE, or leave /employer/siret out.",
        )


def _occupation(draft: Draft) -> Iterator[Reason]:
    code = draft.rome_code
    if code and code not in rome_labels():
        yield Reason(
            "/rome_code",
            "rome_unknown",
            shown(code),
            f"{shown(code)} is no code of ROME 4.0 (release 460). Send a current code, or leave /rome_code out.",
        )


def _place(draft: Draft) -> Iterator[Reason]:
    if unplaced(draft.postal_code, draft.city, draft.commune):
        postal_code = None if draft.postal_code == NOWHERE else draft.postal_code
        pointer, value, advice = _unmatched(postal_code, draft)
        yield Reason(pointer, "commune_unknown", shown(value), advice)


def _unmatched(postal_code: str | None, draft: Draft) -> tuple[str, str | None, str]:
    """Pointer, value and sentence for a place of the Region that is no commune."""
    city = shown(draft.city)
    if not postal_code:
        message = f"{shown(draft.commune)} is no INSEE code of a commune of the Region. Send a code of the 2026 edition."
        return "/location/commune", draft.commune, message
    if names := served(postal_code):
        listed = ", ".join(names[:5]) + (", …" if names[5:] else "")
        message = (
            f"{city} is no commune that postal code {postal_code} serves (it serves {listed}). Send one of its "
            "communes, or the city's own postal code, or the INSEE code as /location/commune."
        )
        return "/location/city", draft.city, message
    message = (
        f"No commune has postal code {shown(postal_code)}, and {city} does not name one commune of its department. "
        "Send the commune's postal code, or its INSEE code as /location/commune."
    )
    return "/location/postal_code", draft.postal_code, message


def _kind(draft: Draft) -> Iterator[Reason]:
    wrong = draft.training if draft.kind == "job" else draft.job
    if wrong is not None:
        member = "training" if draft.kind == "job" else "job"
        yield Reason(
            f"/{member}",
            "kind_mismatch",
            shown(draft.kind),
            f"An offer of kind {draft.kind} cannot have a member {member}. Leave /{member} out, or correct /kind.",
        )


def _dates(draft: Draft) -> Iterator[Reason]:
    moments = {
        "published_at": draft.published_at,
        "expires_at": draft.expires_at,
        "updated_at": draft.updated_at,
    }
    naive = [name for name, moment in moments.items() if moment is not None and moment.utcoffset() is None]
    for name in naive:
        yield Reason(
            f"/{name}",
            "timestamp_offset",
            shown(str(moments[name])),
            f"{name} carries no offset from UTC. Send it as in 2026-01-31T08:00:00+01:00.",
        )
    published, expires = meaningful(draft.published_at), meaningful(draft.expires_at)
    if published and expires and not {"published_at", "expires_at"} & set(naive) and expires < published:
        yield Reason(
            "/expires_at",
            "dates_order",
            shown(expires.isoformat()),
            f"The offer expires at {expires.isoformat()}, before it is published at {published.isoformat()}. "
            "Send an /expires_at that is not earlier than /published_at.",
        )


def _sessions(draft: Draft) -> Iterator[Reason]:
    for place, session in enumerate(draft.training.sessions if draft.training else ()):
        if session.ends_on < session.starts_on:
            yield Reason(
                f"/training/sessions/{place}/ends_on",
                "sessions_order",
                shown(session.ends_on.isoformat()),
                f"The session ends on {session.ends_on}, before it starts on {session.starts_on}. "
                "Send an ends_on that is not earlier than starts_on.",
            )


def _salary(draft: Draft) -> Iterator[Reason]:
    salary = draft.job.salary if draft.job else None
    if salary is None:
        return
    if salary.maximum is not None and salary.maximum < salary.minimum:
        yield Reason(
            "/job/salary/maximum",
            "salary_order",
            shown(salary.maximum),
            f"The salary's maximum {salary.maximum} is below its minimum {salary.minimum}. "
            "Send the lower figure as minimum, or leave maximum out.",
        )
    for member, amount in _amounts(salary):
        if SALARY_CEILING[salary.unit] < amount <= LARGEST:
            yield Reason(
                f"/job/salary/{member}",
                "salary_impossible",
                shown(amount),
                f"{amount} euros a {salary.unit} is more than anybody earns. Send gross euros, and the unit they are "
                "counted in as /job/salary/unit.",
            )


def _amounts(salary: Salary) -> Iterator[tuple[str, float]]:
    yield "minimum", salary.minimum
    if salary.maximum is not None:
        yield "maximum", salary.maximum


def _numbers(draft: Draft) -> Iterator[Reason]:
    numbers: dict[str, float | None] = {}
    if draft.job:
        numbers = {"/job/hours_per_week": draft.job.hours_per_week, "/job/openings": draft.job.openings}
        if draft.job.salary:
            numbers |= {f"/job/salary/{member}": amount for member, amount in _amounts(draft.job.salary)}
    if draft.training:
        numbers["/training/price_eur"] = draft.training.price_eur
        numbers |= {
            f"/training/sessions/{place}/seats": session.seats
            for place, session in enumerate(draft.training.sessions)
        }
    for pointer, number in numbers.items():
        if number is not None and not (abs(number) <= LARGEST):  # so that not-a-number fails too
            message = f"{pointer} is no number up to {LARGEST:,}. Send one, or leave it out."
            yield Reason(pointer, "number_range", shown(number), message)


def _reference(draft: Draft) -> Iterator[Reason]:
    if not draft.ref.isprintable():
        yield Reason(
            "/ref",
            "ref_unprintable",
            ascii(draft.ref),
            "The reference holds control characters. Send it without.",
        )


def _application(draft: Draft) -> Iterator[Reason]:
    telling = giveaways(draft)
    if len(telling) < sum(1 for address in (draft.apply_url, draft.apply_email) if address):
        return
    for member in telling:
        yield Reason(
            f"/{member}",
            "anonymous_apply",
            shown(getattr(draft, member)),
            f"The employer is anonymous, but /{member} names it and the offer has no other way to apply. Send an "
            "address that does not show the employer's name or web host, or send /employer/anonymous as false.",
        )
