"""What a token is seen to be: of a Page, of somebody else, ended, or one of which Graph does not tell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import httpx
import pytest
from pydantic import SecretStr

from connectors import registry
from connectors.graph import tokens
from connectors.graph.client import Graph
from connectors.settings import Settings
from sandbox.app import create_app
from sandbox.server import running
from schemas.errors import Permanent

PAGE = "100000000000001"


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with running(create_app(None, jobs=1, trainings=1)) as address:
        yield address


@pytest.fixture
def graph(base: str) -> Iterator[Graph]:
    httpx.post(f"{base}/_sandbox/reset").raise_for_status()
    yield from of(base, "sandbox-page-token")


def of(base: str, token: str) -> Iterator[Graph]:
    settings = Settings(
        facebook_graph_url=f"{base}/graph",
        facebook_token=SecretStr(token),
        facebook_app_secret=SecretStr("sandbox-app-secret"),
    )
    made = registry.graph(settings, None, attempts=1)
    yield made
    made.http.close()


def tell(base: str, **settings: object) -> None:
    httpx.post(f"{base}/_sandbox/settings", json=settings).raise_for_status()


def test_whose_it_is_and_when_it_ends(base: str, graph: Graph) -> None:
    assert (tokens.owner(graph, PAGE), tokens.expires(graph)) == (PAGE, None)
    tell(base, own_page="42", token_expires=1_800_000_000)
    assert tokens.owner(graph, PAGE) == "42"
    assert tokens.expires(graph) == dt.datetime(2027, 1, 15, 8, tzinfo=dt.UTC)


def test_one_that_is_none_is_told_and_that_graph_does_not_tell_is_no_end(base: str) -> None:
    for graph in of(base, "of-last-year"):
        with pytest.raises(Permanent, match="BOOSTEZ_FACEBOOK_TOKEN"):
            tokens.owner(graph, PAGE)
        assert tokens.expires(graph) is None


def test_what_it_may_not_see_is_told(graph: Graph) -> None:
    tokens.sees(graph, "17841400000000001/content_publishing_limit")
    with pytest.raises(Permanent):
        tokens.sees(graph, "17841400000000001/nothing")
