"""An offer as search engines read it: JobPosting, or Course with its CourseInstances, in JSON-LD. Pure.

Belongs here: an offer in schema.org's words, and those words as a data block that no offer can break out of. Does not:
sessions of the programme (jsonld_sessions.py), pages (templates/), and no list ever has any.

Sources: schema.org 30.0; Google Search Central, "Job posting" and "Course" structured data, required and recommended
properties. What is not known is left out: an unknown is not a fact.

A job without an end date has no JobPosting. Google asks for validThrough whenever a job can expire, ours all do, and an
invented date would be a promise that nobody made: the aggregator feed leaves expirationdate out for the same reason, and
a feed may. Nor has a job whose end has passed, or that nobody dated.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import msgspec

from core.days import paris_day
from core.html import plain_text
from schemas.offer import Contract, Job, Location, Offer, Remote, Salary, Session, Training
from schemas.reference_tables import departments

CONFIDENTIAL: Final = "confidential"  # Google's word for an employer who stays anonymous
FULL_TIME_HOURS: Final = 35  # a week; Code du travail, L3121-27 and L3123-1
CONTEXT: Final = "https://schema.org"
REGION: Final = "Auvergne-Rhône-Alpes"
_EMPLOYMENT: Final[dict[Contract, str | None]] = {
    "CDI": None,  # what it is depends on the hours alone
    "CDD": "TEMPORARY",
    "interim": "TEMPORARY",
    "apprenticeship": "OTHER",  # Google knows no contract that trains
    "professionalisation": "OTHER",
    "seasonal": "TEMPORARY",
    "internship": "INTERN",
    "civic_service": "VOLUNTEER",
    "freelance": "CONTRACTOR",
}
_UNITS: Final = {"hour": "HOUR", "month": "MONTH", "year": "YEAR"}
_MODES: Final[dict[Remote, str]] = {"none": "Onsite", "partial": "Blended", "full": "Online"}
# What ends or opens a data block (HTML, 13.2.5: script data states), and what was no JavaScript string before 2019.
_ESCAPED: Final = str.maketrans({character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"})


def described(offer: Offer, key: str, address: str, now: dt.datetime) -> dict[str, Any] | None:
    """The offer at ``address`` for search engines, None when they would need what nobody knows.

    ``key`` is its public key, ``now`` the instant it is read at, with a zone.
    """
    if offer.job is not None:
        return _posting(offer, offer.job, key, address, now)
    if offer.training is not None:
        return _course(offer, offer.training, key, address, now)
    return None


def block(document: dict[str, Any]) -> str:
    """The document as the text of a ``script`` element of type ``application/ld+json``: safe there as it is."""
    return msgspec.json.encode(document).decode().translate(_ESCAPED)


def _posting(offer: Offer, job: Job, key: str, address: str, now: dt.datetime) -> dict[str, Any] | None:
    employer = CONFIDENTIAL if offer.employer.anonymous else offer.employer.name
    if not employer or offer.published_at is None or offer.expires_at is None or offer.expires_at <= now:
        return None
    remote = offer.location.remote == "full"
    return known(
        {
            "@context": CONTEXT,
            "@type": "JobPosting",
            "title": offer.title,
            "description": offer.description,
            "datePosted": _instant(offer.published_at),
            "validThrough": _instant(offer.expires_at),
            "employmentType": _employment(job),
            "hiringOrganization": _organization(employer, offer.employer.url),
            "identifier": _identifier(key),
            "url": address,
            "directApply": False,  # an application is sent elsewhere: a site, a mailbox
            "jobLocation": None if remote else _place(offer.location),
            "jobLocationType": "TELECOMMUTE" if remote else None,
            "applicantLocationRequirements": {"@type": "Country", "name": "France"} if remote else None,
            "baseSalary": _salary(job.salary) if job.salary else None,
            "jobStartDate": job.starts_on.isoformat() if job.starts_on else None,
            "totalJobOpenings": job.openings,
            "occupationalCategory": offer.rome_label,
        }
    )


def _course(
    offer: Offer, training: Training, key: str, address: str, now: dt.datetime
) -> dict[str, Any] | None:
    if not offer.employer.name:
        return None
    coming = [session for session in training.sessions if session.ends_on >= paris_day(now)]
    return known(
        {
            "@context": CONTEXT,
            "@type": "Course",
            "name": offer.title,
            "description": plain_text(offer.description),
            "provider": _organization(offer.employer.name, offer.employer.url),
            "identifier": _identifier(key),
            "url": address,
            "inLanguage": "fr",
            "educationalCredentialAwarded": training.rncp,
            "financialAidEligible": "Compte personnel de formation (CPF)" if training.cpf_eligible else None,
            "offers": None if training.price_eur is None else _price(training.price_eur),
            "hasCourseInstance": [_instance(session, training, offer.location) for session in coming] or None,
        }
    )


def _instance(session: Session, training: Training, location: Location) -> dict[str, Any]:
    return known(
        {
            "@type": "CourseInstance",
            "courseMode": _MODES[location.remote],
            "startDate": session.starts_on.isoformat(),
            "endDate": session.ends_on.isoformat(),
            "courseWorkload": f"PT{training.hours}H" if training.hours else None,
            "location": None if location.remote == "full" else _place(location),
        }
    )


def _employment(job: Job) -> list[str] | None:
    kinds = [_EMPLOYMENT[job.contract]]
    if job.hours_per_week is not None and kinds[0] in {None, "TEMPORARY", "OTHER"}:
        kinds.append("FULL_TIME" if job.hours_per_week >= FULL_TIME_HOURS else "PART_TIME")
    return [kind for kind in kinds if kind] or None


def _salary(salary: Salary) -> dict[str, Any]:
    value: dict[str, Any] = {"@type": "QuantitativeValue", "unitText": _UNITS[salary.unit]}
    if salary.maximum is None or salary.maximum <= salary.minimum:
        value["value"] = salary.minimum
    else:
        value |= {"minValue": salary.minimum, "maxValue": salary.maximum}
    return {"@type": "MonetaryAmount", "currency": "EUR", "value": value}


def _price(price: float) -> dict[str, Any]:
    return {
        "@type": "Offer",
        "category": "Paid" if price else "Free",
        "price": price,
        "priceCurrency": "EUR",
    }


def _place(location: Location) -> dict[str, Any]:
    """Where; of a place that nobody named, the country."""
    ours = location.department in departments()
    geo = None
    if location.latitude is not None and location.longitude is not None:
        geo = {"@type": "GeoCoordinates", "latitude": location.latitude, "longitude": location.longitude}
    address = {
        "@type": "PostalAddress",
        "addressLocality": location.city,
        "postalCode": location.postal_code,
        "addressRegion": REGION if ours else None,
        "addressCountry": "FR",
    }
    return known({"@type": "Place", "address": known(address), "geo": geo})


def _organization(name: str, site: str | None) -> dict[str, Any]:
    shown = site if site and site.lower().startswith(("https://", "http://")) else None
    return known({"@type": "Organization", "name": name, "sameAs": shown})


def _identifier(key: str) -> dict[str, Any]:
    return {"@type": "PropertyValue", "name": "Boostez votre Région", "value": key}


def _instant(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def known(values: dict[str, Any]) -> dict[str, Any]:
    """The values that there are: an unknown is not a fact."""
    return {name: value for name, value in values.items() if value is not None}
