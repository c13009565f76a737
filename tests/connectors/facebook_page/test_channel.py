from __future__ import annotations

import datetime as dt
from typing import Any, cast

from pydantic import SecretStr

from connectors.facebook_page.channel import FacebookPage
from connectors.graph.client import Graph
from connectors.http import Http
from core.effects import Intent
from tests.makers import NOON


class Feed:
    """A Page's feed, in pages, as the transport would give it."""

    def __init__(self, *pages: list[dict[str, str]]) -> None:
        self.pages, self.read_pages = list(pages), 0

    def read(self, _path: str, _parse: object, **_: object) -> Any:
        data = self.pages[self.read_pages]
        self.read_pages += 1
        more = self.read_pages < len(self.pages)
        return {"data": data, "paging": {"cursors": {"after": "A"}, **({"next": "x"} if more else {})}}


def post(number: int, at: dt.datetime, key: str = "0000000000aa") -> dict[str, str]:
    link = f"https://portail.example/offres/{key}?e={key}-{number:x}"
    return {
        "id": f"1_{number}",
        "message": f"Boulanger\nVoir l’offre et postuler, sans compte : {link}",
        "created_time": at.strftime("%Y-%m-%dT%H:%M:%S+0000"),
    }


def page_of(feed: Feed) -> FacebookPage:
    graph = Graph(cast("Http", feed), version="v26.0", token=SecretStr("t"), secret=None)
    return FacebookPage(graph, page="1", publisher="https://portail.example")


WANTED = Intent(7, "0000000000bb", "create", "0000000000bb-9", None, None, NOON)


def test_a_pinned_old_post_does_not_hide_the_newer_ones() -> None:
    """The look-up ended at the first older post: a pinned one made every new post look absent, and be posted twice."""
    pinned = post(1, NOON - dt.timedelta(days=30))
    feed = Feed([pinned, post(9, NOON, "0000000000bb")], [post(2, NOON - dt.timedelta(days=1))])

    found = page_of(feed).find([WANTED])

    assert found[7].marker == WANTED.marker


def test_a_look_up_ends_at_a_page_that_is_all_older() -> None:
    old = [post(1, NOON - dt.timedelta(days=1))]
    feed = Feed(old, old, old)

    assert page_of(feed).find([WANTED]) == {}
    assert feed.read_pages == 1
