"""The heartbeat: told to the switch and noted when a schedule started it, and only then; a failure is told at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.settings import settings
from flows import heartbeat as flows
from flows.heartbeat import heartbeat
from sandbox.server import running
from schemas.errors import Unreachable
from tests.hands import sql
from tests.worlds import Hub, forget

pytestmark = [pytest.mark.database, pytest.mark.catalogue(1, 1)]


class Switch:
    """A dead man's switch, by the conventions of healthchecks.io."""

    def __init__(self) -> None:
        self.came: list[tuple[str, str]] = []

    async def take(self, request: Request) -> Response:
        self.came.append((request.url.path, (await request.body()).decode()))
        return Response("OK")


@pytest.fixture
def switch(flowing: Hub, monkeypatch: pytest.MonkeyPatch) -> Iterator[Switch]:
    made = Switch()
    routes = [Route("/{path:path}", made.take, methods=["POST"])]
    with running(Starlette(routes=routes)) as base:
        monkeypatch.setenv("BOOSTEZ_HEARTBEAT_URL", f"{base}/5e1f-canary-of-the-switch")
        forget()
        assert settings().heartbeat_url == SecretStr(f"{base}/5e1f-canary-of-the-switch")
        assert flowing.region is not None
        yield made


@contextmanager
def by_schedule(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As the scheduler's runs are: this test's server has no scheduler."""
    monkeypatch.setattr(flows, "is_scheduled", lambda: True)
    yield


def test_pressed_by_hand_it_proves_nothing_and_tells_nothing(switch: Switch, flowing: Hub) -> None:
    assert heartbeat() is False
    assert switch.came == []
    assert sql(flowing.region, "SELECT 1 FROM run WHERE flow = 'heartbeat'") == []


def test_by_its_schedule_it_is_told_and_noted_in_one_row(
    switch: Switch, flowing: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    with by_schedule(monkeypatch):
        assert heartbeat() is True
        assert heartbeat() is True
    assert switch.came == [("/5e1f-canary-of-the-switch", "")] * 2
    assert len(sql(flowing.region, "SELECT 1 FROM run WHERE flow = 'heartbeat'")) == 1


def test_a_database_that_is_away_is_told_to_the_switch_at_once(
    switch: Switch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise Unreachable("The Region's database does not answer.")

    monkeypatch.setattr(flows, "safe_region", away)
    with by_schedule(monkeypatch), pytest.raises(Unreachable, match="database"):
        heartbeat()
    assert switch.came == [("/5e1f-canary-of-the-switch/fail", "The Region's database does not answer.")]


def test_a_switch_that_is_away_is_told_without_its_address_and_the_beat_is_noted(
    switch: Switch, flowing: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert switch.came == []
    monkeypatch.setenv("BOOSTEZ_HEARTBEAT_URL", "http://127.0.0.1:1/5e1f-canary-of-the-switch")
    forget()
    with by_schedule(monkeypatch), pytest.raises(Unreachable) as told:
        heartbeat()
    assert "canary" not in str(told.value)
    assert len(sql(flowing.region, "SELECT 1 FROM run WHERE flow = 'heartbeat'")) == 1
