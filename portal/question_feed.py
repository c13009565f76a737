"""The newest answers as Atom, for whoever follows them by a reader, or writes about them.

Belongs here: a question with its answer as an entry. Does not: offers (syndication.py), what every feed is made of (atom.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from lxml import etree
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.region.questions import questions
from connectors.region.questions.questions import Question
from core import wording
from core.html import printable
from core.questions import State
from portal import atom
from portal.dialogues import rules_of
from portal.revalidation import kept

SIZE: Final = 50  # entries
SECONDS: Final = 300  # that a reader may keep it
ADDRESS: Final = "/questions.atom"
TITLE: Final = "Boostez votre Région – Réponses des élus"
_HEADING: Final = 120  # characters of an entry's title
_ANSWERED: Final[tuple[State, ...]] = ("answered",)
_LONG_AGO: Final = dt.datetime(2017, 1, 1, tzinfo=dt.UTC)  # of a feed that never held anything


def answers(request: Request) -> Response:
    """The newest answers, the newest first."""
    public_url = request.app.state.settings.public_url
    found = questions.listed(request.app.state.region, states=_ANSWERED, sort="ended", limit=SIZE)
    content = as_atom(found, rules_of(request).themes, public_url)
    return kept(request, content, f"{atom.ATOM}; charset=utf-8", seconds=SECONDS)


def as_atom(found: list[Question], themes: Any, public_url: str) -> bytes:
    """An Atom document, in UTF-8. An answer that is corrected is the same entry, changed."""
    updated = max((each.changed_at for each in found), default=_LONG_AGO)
    root = atom.feed(f"{public_url}{ADDRESS}", TITLE, updated, public_url)
    atom.link(root, "self", f"{public_url}{ADDRESS}", atom.ATOM)
    atom.link(root, "alternate", f"{public_url}/questions", "text/html")
    for each in found:
        root.append(_entry(each, themes.get(each.theme, ""), f"{public_url}/questions/{each.ref}"))
    return atom.written(root)


def _entry(question: Question, theme: str, place: str) -> Any:
    assert question.ended_at is not None
    entry = etree.Element(atom.name("entry"))
    atom.put(entry, "id", place)
    atom.put(entry, "title", wording.excerpt(question.body, _HEADING))
    atom.put(entry, "updated", atom.instant(question.changed_at))
    atom.put(entry, "published", atom.instant(question.ended_at))
    atom.link(entry, "alternate", place, "text/html")
    if theme:
        etree.SubElement(entry, atom.name("category"), term=printable(theme))
    atom.put(entry, "summary", question.body)
    atom.put(entry, "content", f"{question.answered_by}\n\n{question.answer}").set("type", "text")
    return entry


ROUTES: Final = (Route(ADDRESS, answers),)
