"""Our offer as one <job> of an Indeed-style feed, pure.

Belongs here: the words and limits of the format. Does not: writing files (channel.py).

Source: docs.indeed.com, XML job feed format: CDATA sections, no HTML entities, a reference number that never changes,
every job in every feed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from lxml import etree

from connectors.channel import Entry
from core.effects import Found, subject_of
from schemas.offer import Offer, Salary

HEAD: Final = (
    '<?xml version="1.0" encoding="utf-8"?>\n<source>\n'
    "<publisher>Région Auvergne-Rhône-Alpes</publisher>\n"
    "<publisherurl>{publisher}</publisherurl>\n<lastBuildDate>{built_at}</lastBuildDate>\n"
)
TAIL: Final = "</source>\n"
_MARKER: Final = re.compile(r"/offres/([0-9a-z]+)\?e=(\1-[0-9a-f]+)\Z")
_JOB_TYPES: Final = {
    "CDI": "fulltime",
    "CDD": "contract",
    "interim": "temporary",
    "apprenticeship": "apprenticeship",
    "professionalisation": "apprenticeship",
    "seasonal": "temporary",
    "internship": "internship",
    "civic_service": "volunteer",
    "freelance": "contract",
}
_EXPERIENCE: Final = {
    "none": "Débutant accepté",
    "junior": "Junior",
    "confirmed": "Confirmé",
    "senior": "Senior",
}
_UNITS: Final = {"hour": "heure", "month": "mois", "year": "an"}
_FORBIDDEN: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2
ANONYMOUS: Final = "Employeur anonyme"


def job(entry: Entry, publisher: str) -> str:
    """One entry as XML text."""
    offer, location = entry.offer, entry.offer.location
    subject = subject_of(entry.marker)
    return (
        "<job>"
        f"{_field('title', offer.title)}"
        f"{_field('date', _instant(offer.published_at))}"
        f"{_field('referencenumber', subject)}"
        f"{_field('requisitionid', offer.ref)}"
        f"{_field('url', f'{publisher}/offres/{subject}?e={entry.marker}')}"
        f"{_field('company', offer.employer.name or ANONYMOUS)}"
        f"{_field('city', location.city or '')}"
        f"{_field('state', 'Auvergne-Rhône-Alpes' if location.commune else '')}"
        f"{_field('country', 'FR')}"
        f"{_field('postalcode', location.postal_code or '')}"
        f"{_field('description', offer.description)}"
        f"{_job_fields(offer)}"
        f"{_field('category', offer.rome_label or '')}"
        f"{_field('remotetype', {'full': 'Fully remote', 'partial': 'Hybrid remote'}.get(location.remote, ''))}"
        f"{_field('expirationdate', _instant(offer.expires_at))}"
        "</job>\n"
    )


def read(file: BinaryIO) -> Iterator[Found]:
    """The entries of a feed, one at a time; one whose link carries no marker of ours has an empty one.

    A feed that breaks off, or is no XML, ends at the fault.
    """
    try:
        for _, element in etree.iterparse(file, tag="job", resolve_entities=False, no_network=True):
            match = _MARKER.search(element.findtext("url") or "")
            yield Found(
                match.group(2) if match else "",
                match.group(1) if match else (element.findtext("referencenumber") or ""),
                digest(element),
            )
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    except etree.XMLSyntaxError:
        return


def digest(element: etree._Element) -> str:
    """What tells one entry from another: its fields, in order."""
    fields = "\n".join(f"{field.tag}={field.text or ''}" for field in element)
    return hashlib.sha256(fields.encode()).hexdigest()[:16]


def _job_fields(offer: Offer) -> str:
    if offer.job is None:
        return ""
    return (
        _field("salary", _salary(offer.job.salary))
        + _field("jobtype", _JOB_TYPES[offer.job.contract])
        + _field("experience", _EXPERIENCE.get(offer.job.experience or "", ""))
    )


def _salary(salary: Salary | None) -> str:
    if salary is None:
        return ""
    top = f" - {salary.maximum:g}" if salary.maximum else ""
    return f"{salary.minimum:g}{top} EUR par {_UNITS[salary.unit]}"


def _instant(moment: dt.datetime | None) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""


def _field(name: str, text: str) -> str:
    """An element in CDATA; an empty one is left out: an unknown is not a fact."""
    if not text:
        return ""
    safe = _FORBIDDEN.sub("", text).replace("]]>", "]]]]><![CDATA[>")
    return f"<{name}><![CDATA[{safe}]]></{name}>"
