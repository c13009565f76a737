"""An offer as a post, pure.

Belongs here: the post's words, and what marks it. Does not: Graph's words (connectors/graph) or calling (channel.py).
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

import jinja2

from connectors.graph import posts, words
from core.effects import Intent
from core.html import plain_text
from core.wording import excerpt, facts
from schemas.offer import Offer, decode

MARKER: Final = words.marker("offres")
EXCERPT: Final = 280  # characters of the description in a post


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(autoescape=False, undefined=jinja2.StrictUndefined)  # noqa: S701 - a post is plain text
    return environment.from_string((files(__package__) / "post.txt").read_text("utf-8"))


def message(offer: Offer, link: str) -> str:
    """The post's text; its link carries the marker."""
    return _template().render(
        offer=offer,
        facts=facts(offer),
        excerpt=excerpt(plain_text(offer.description), EXCERPT),
        call="Voir l’offre et postuler, sans compte :"
        if offer.kind == "job"
        else "Voir la formation, sans compte :",
        link=link,
    )


def request(intent: Intent, page: str, link: str) -> words.Item:
    """One item of a batch."""
    text = message(decode(intent.content), link) if intent.content is not None else ""
    return posts.request(intent, page, text, link)
