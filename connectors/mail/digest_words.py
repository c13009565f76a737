"""A digest's letter, pure: facts to a letter, as text and as HTML that say the same.

Belongs here: what templates may ask for, both forms from one template, what goes along. Does not: facts (core/digests/facts.py), whether
a letter is still to be sent (digests.py), or the words themselves (letters/digests/).

A role's words are one template; it imports its parts, headings, tables and bars, as text or as HTML. What others wrote is escaped by
those parts, and one line.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import re
import zipfile
from collections.abc import Sequence
from functools import cache, partial
from typing import Any, Final, Literal

import msgspec
from markupsafe import Markup

from connectors.mail.rendering import GAP, LETTERS
from connectors.mail.wire import Attachment, Letter
from connectors.templates import templates
from connectors.writing import line
from core import advice, wording
from core.csv_rows import csv_rows
from core.days import PARIS, paris_day
from core.digests.facts import ContractorFacts, Facts, Meeting, PressFacts, fitting
from core.digests.rules import Reader
from core.digests.shares import filled, shares
from core.digests.weeks import Week
from core.partnership import CONTRACT_EUR
from core.progress import TARGET
from core.refusals import HEADER, rows
from core.wall import wall_of
from schemas.documents import Reason
from schemas.letters import Role
from schemas.reference_tables import departments

SCHEMA: Final = "contractor.offer.v1"
REASONS: Final = 60  # that a letter has itself: mail programs cut a page of more than 100 kB
QUESTIONS: Final = 20
LINES: Final = 100_000  # of the file that goes along
PLAIN: Final = 1_000_000  # bytes of a file that goes along as it is; a longer one is packed
_FOLDER: Final = LETTERS / "digests"
_FIXED: Final = (1980, 1, 1, 0, 0, 0)  # a packed file says no time: the same facts are the same bytes
# Where French breaks no line.
_THIN: Final = re.compile(r" (?=[;?!%])")
_WIDE: Final = re.compile(r" (?=[:»€])|(?<=«) ")
Form = Literal["html", "txt"]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a letter needs beside its facts. ``again``: its reader has had this week's."""

    role: Role
    reader: Reader
    week: Week
    at: dt.datetime
    unsubscribe: str
    public_url: str
    contact: str | None
    again: bool = False


@cache
def form_of(role: Role) -> str:
    """A hash of a role's words: what a person approves of. Other words are another one."""
    told = hashlib.sha256()
    for name in (f"{role}.txt", "head.txt", "end.txt", "parts.html", "parts.txt", "page.html"):
        told.update((_FOLDER / name).read_bytes())
    return told.hexdigest()[:16]


def digest_letter(told: Told, facts: Facts) -> Letter:
    """The letter."""
    values = {**_values(told), **_more(facts), "d": facts}
    subject, text = _rendered(told, values, "txt")
    _, body = _rendered(told, values, "html")
    page = templates(LETTERS).get_template("digests/page.html").render(subject=subject, body=Markup(body))  # noqa: S704 - the parts escape what others wrote
    return Letter(
        to=told.reader.email,
        subject=subject,
        text=GAP.sub("\n\n", text).strip() + "\n",
        html=page,
        unsubscribe=told.unsubscribe,
        thread=f"digest.{told.role}.{told.reader.key}",
        attachments=(_file(facts, told.week),)
        if isinstance(facts, ContractorFacts) and facts.refusals
        else (),
    )


def _rendered(told: Told, values: dict[str, object], form: Form) -> tuple[str, str]:
    """A role's words in one form: the subject, and what follows it."""
    template = templates(LETTERS).get_template(f"digests/{told.role}.txt")
    words = template.render(values, form=f"digests/parts.{form}")
    words = _WIDE.sub(wording.NBSP, _THIN.sub(wording.THIN, words))
    subject, _, rest = words.lstrip().partition("\n")
    return (f"Renvoi{wording.NBSP}: " if told.again else "") + subject.strip(), rest


def _values(told: Told) -> dict[str, object]:
    """What every template may ask for: the letter's own facts, and how numbers and times are written."""
    return {
        **msgspec.structs.asdict(told),
        "last": wording.date(told.week.day - dt.timedelta(days=1)),
        "most": QUESTIONS,
        "contract": CONTRACT_EUR,
        "target": TARGET,
        **_HELPERS,
    }


def _more(facts: Facts) -> dict[str, object]:
    """What is worked out of some facts before their template has them."""
    if isinstance(facts, PressFacts):
        return {"largest": max((each.jobs + each.trainings for each in facts.departments), default=0)}
    if not isinstance(facts, ContractorFacts):
        return {}
    return {
        "causes": shares(facts.causes, facts.before),
        "shown": fitting(facts.refusals, REASONS),
        "errors": sum(len(each.reasons) for each in facts.refusals),
        "lines": LINES,
    }


def _file(facts: ContractorFacts, week: Week) -> Attachment:
    """Every refused offer with every reason, as CSV, packed when it is long."""
    lines = rows(((each.ref, each.since, each.reasons) for each in facts.refusals), LINES)
    content = b"".join(csv_rows(HEADER, lines, bom=True))
    name = f"refus-{week.name}.csv"
    if len(content) <= PLAIN:
        return Attachment(name, "text/csv", content)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name, _FIXED), content, zipfile.ZIP_DEFLATED)
    return Attachment(f"{name}.zip", "application/zip", packed.getvalue())


# How templates write what they are given


def _moment(at: dt.datetime) -> str:
    return wording.moment(wall_of(at, PARIS.key))


def _date(at: dt.datetime) -> str:
    return wording.date(paris_day(at))


def _when(meeting: Meeting) -> str:
    return wording.moment(meeting.starts_wall, meeting.zone)


def _short(meeting: Meeting) -> str:
    return wording.short_moment(meeting.starts_wall, meeting.zone)


def _many(number: int, one: str, more: str) -> str:
    """« 1 offre », « 2 offres »."""
    return f"{wording.number(number)}{wording.NBSP}{_word(number, one, more)}"


def _word(number: int, one: str, more: str) -> str:
    """In French nothing is one, too."""
    return one if number < 2 else more


def _department(code: str) -> str:
    return departments().get(code, code) or wording.NOT_SAID


def _departments(codes: Sequence[str]) -> str:
    return ", ".join(map(_department, codes))


def _numbers(values: Sequence[int]) -> str:
    return ", ".join(map(wording.number, values)) or "–"


def _rate(share: float, digits: int = 1) -> str:
    """« 98,7 % »."""
    return (
        f"{round(100 * share, digits):.{digits}f}".replace(".", ",").removesuffix(",0") + f"{wording.THIN}%"
    )


def _of(name: str) -> str:
    return wording.SOURCES.get(name) or wording.CHANNELS.get(name) or name


def _lasts(time: dt.timedelta) -> str:
    return wording.duration(round(time.total_seconds() / 60))


def _told(reasons: Sequence[Reason]) -> list[str]:
    return [
        f"{each.pointer or '/'} : {advice.sentence(each.rule, SCHEMA, each)} ({each.rule}) Reçu : {line(each.value)}"
        for each in reasons
    ]


_HELPERS: Final[dict[str, Any]] = {
    "line": line,
    "n": wording.number,
    "many": _many,
    "word": _word,
    "moment": _moment,
    "date": _date,
    "when": _when,
    "short": _short,
    "department": _department,
    "departments": _departments,
    "numbers": _numbers,
    "rate": _rate,
    "share": wording.percent,
    "percent": partial(filled, width=100),
    "of": _of,
    "lasts": _lasts,
    "sentence": advice.sentence,
    "told": _told,
}
