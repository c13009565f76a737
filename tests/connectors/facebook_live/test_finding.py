"""Finding live videos in a list of whose order nothing is known."""

from __future__ import annotations

from typing import Any, cast

from pydantic import SecretStr

from connectors.facebook_live import wire
from connectors.graph import dialogues
from connectors.graph.client import Graph
from connectors.http import Http
from core.effects import Intent
from tests.dialogues import announcement
from tests.makers import NOON


class Listed:
    """The Page's live videos, in pages, as the transport would give them."""

    def __init__(self, *pages: list[dict[str, str]]) -> None:
        self.pages, self.asked = list(pages), 0

    def read(self, _path: str, _parse: object, **_: object) -> Any:
        data = self.pages[self.asked]
        self.asked += 1
        more = {"next": "x"} if self.asked < len(self.pages) else {}
        return {"data": data, "paging": {"cursors": {"after": "A"}, **more}}


def video(ref: str) -> dict[str, str]:
    text = wire.description(announcement(), dialogues.link("https://portail.example", f"{ref}-9"))
    return {
        "id": f"6{ref}",
        "status": "VOD",
        "title": "x",
        "description": text,
        "creation_time": "2020-01-01T00:00:00+0000",
    }


def test_a_page_of_old_ones_does_not_hide_the_one_that_was_just_made() -> None:
    listed = Listed([video("d1"), video("d2")], [video("d3")])
    graph = Graph(cast("Http", listed), version="v26.0", token=SecretStr("t"), secret=None)
    wanted = Intent(7, "d3", "create", "d3-9", None, None, NOON)
    found = wire.videos(graph, "1").find([wanted])
    assert found[7].marker == "d3-9"
    assert listed.asked == 2
