from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import event
from starlette.testclient import TestClient

from connectors.region.database import Region
from connectors.settings import Settings
from portal import remembering
from portal.app import create_app
from tests.makers import job
from tests.portal.conftest import Place

pytestmark = pytest.mark.database


@pytest.fixture
def statements(region: Region) -> Iterator[list[str]]:
    """What the portal asks of the database."""
    asked: list[str] = []

    def note(*words: object) -> None:
        asked.append(str(words[2]))

    event.listen(region.engine, "before_cursor_execute", note)
    yield asked
    event.remove(region.engine, "before_cursor_execute", note)


def test_a_page_that_was_just_made_costs_one_short_question(
    client: TestClient, place: Place, statements: list[str]
) -> None:
    place(job("1"))
    first = client.get("/offres?q=boulanger")
    statements.clear()
    again = client.get("/offres?q=boulanger")
    assert (again.text, again.headers["ETag"]) == (first.text, first.headers["ETag"])
    assert all("max(changed_at)" in statement for statement in statements)
    assert (
        client.get("/offres?q=boulanger", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    )


def test_a_changed_board_is_another_page_at_once(client: TestClient, place: Place) -> None:
    place(job("1"))
    assert "1</strong> offre" in client.get("/offres").text
    place(job("2"))
    assert "2</strong> offres" in client.get("/offres").text
    assert client.get("/").text.count('<article class="card') == 2


def test_an_error_is_not_remembered(
    region: Region, chosen: Settings, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = TestClient(create_app(region, chosen), raise_server_exceptions=False)
    place(job("1"))
    with monkeypatch.context() as patch:
        patch.setattr("portal.pages.search", lambda *_: 1 / 0)
        assert client.get("/offres").status_code == 500
    assert client.get("/offres").status_code == 200


def test_no_more_pages_are_kept_than_the_bound_says(
    client: TestClient, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembering, "KEPT", 3)
    place(job("1"))
    for number in range(9):
        assert client.get(f"/offres?x={number}").status_code == 200
    app: object = client.app
    assert len(app.state.memory._pages) == 3  # type: ignore[attr-defined]  # noqa: SLF001
