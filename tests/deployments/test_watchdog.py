"""The watchdog on another machine: it sees a hub that is killed, says so once, and says when it is back."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from typer.testing import CliRunner

from connectors.region.database import Region
from connectors.region.upkeep import condition
from connectors.settings import ROOT, Settings
from core.outages import Notice
from deployments.cli import app
from deployments.watchdog import Watchdog
from portal.app import create_app as create_portal
from sandbox.app import create_app
from sandbox.server import running
from schemas.errors import Misconfigured
from tests.commands import url_of
from tests.ports import free_port
from tests.worlds import Sandbox, forget

MINUTE = dt.timedelta(minutes=1)
PATIENCE = 60  # seconds for a process to start


@pytest.fixture(scope="module")
def inbox() -> Iterator[Sandbox]:
    with running(create_app(None, jobs=1, trainings=1)) as base:
        box = Sandbox(base)
        yield box
        box.http.close()


class Hub:
    """A portal as a process of its own."""

    def __init__(self, region: Region, home: Path) -> None:
        self.region, self.home, self.port = region, home, free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        environment = {
            "BOOSTEZ_HOME": str(self.home),
            "BOOSTEZ_DATABASE_URL": url_of(self.region),
            "BOOSTEZ_PORTAL_PORT": str(self.port),
        }
        self.popen = subprocess.Popen(
            [sys.executable, "-m", "deployments", "portal"], cwd=ROOT, env={**os.environ, **environment}
        )
        for _ in range(PATIENCE * 10):
            try:
                httpx.get(f"{self.url}/healthz").raise_for_status()
            except httpx.HTTPError:
                assert self.popen.poll() is None
                psutil.Process().cpu_percent(0.1)
            else:
                return
        pytest.fail("the portal does not start")

    def kill(self) -> None:
        self.popen.kill()
        self.popen.wait()


def settings(url: str, inbox: Sandbox, **more: Any) -> Settings:
    destination = SecretStr(f"{inbox.base.replace('http:', 'json:')}/inbox")
    return Settings(**{"portal_url": url, "alert_urls": [destination], **more})


def titles(inbox: Sandbox) -> list[str]:
    return [each["title"] for each in inbox.messages()]


@pytest.mark.database
def test_a_hub_that_is_killed_is_told_once_also_by_a_watchdog_that_is_killed_itself_and_told_to_be_back(
    region: Region, tmp_path: Path, inbox: Sandbox
) -> None:
    hub, state, before = Hub(region, tmp_path), tmp_path / "watchdog.json", titles(inbox)
    condition.beat(region)
    now = dt.datetime.now(dt.UTC)

    def look(minutes: float) -> list[tuple[str, str]]:
        """By a watchdog that has just been started."""
        dog = Watchdog(settings(hub.url, inbox), None, state)
        return [(notice.name, notice.kind) for notice in dog.look(now + minutes * MINUTE)]

    hub.start()
    assert look(0) == []
    hub.kill()
    assert look(1) == []
    assert look(10) == []
    assert look(11) == [("portal", "dead")]
    assert look(12) == []
    assert look(11 + 239) == []
    assert look(11 + 240) == [("portal", "still dead")]
    condition.beat(region)
    with running(create_portal(region, settings(hub.url, inbox)), hub.port):
        assert look(0) == [("portal", "back")]
        assert look(9) == []
    told = titles(inbox)[len(before) :]
    assert told == ["Boostez: portal is dead", "Boostez: portal is still dead", "Boostez: portal is back"]


class Answering:
    """A portal and a Prefect server of a few lines, which answer what they are told to."""

    def __init__(self) -> None:
        self.ready: dict[str, Any] = {}
        self.status, self.healthy = 200, True

    async def readyz(self, _: Request) -> Response:
        return JSONResponse(self.ready, self.status)

    async def health(self, _: Request) -> Response:
        return JSONResponse(True, 200 if self.healthy else 503)  # noqa: FBT003 - what Prefect answers


@pytest.fixture
def answering() -> Iterator[tuple[Answering, str]]:
    told = Answering()
    routes = [Route("/readyz", told.readyz), Route("/api/health", told.health)]
    with running(Starlette(routes=routes)) as base:
        yield told, base


@pytest.fixture
def look(
    answering: tuple[Answering, str], tmp_path: Path, inbox: Sandbox
) -> Callable[[dt.datetime], list[tuple[str, str]]]:
    dog = Watchdog(settings(answering[1], inbox), f"{answering[1]}/api", tmp_path / "state" / "watchdog.json")
    return lambda now: [(notice.name, notice.kind) for notice in dog.look(now)]


NOW = dt.datetime(2026, 11, 30, 4, 0, tzinfo=dt.UTC)


def alive(beat: dt.datetime) -> dict[str, Any]:
    return {"status": "ready", "version": "0008", "heartbeat_at": beat.isoformat()}


def test_schedules_that_run_no_more_are_told_although_the_portal_serves(
    answering: tuple[Answering, str], look: Callable[[dt.datetime], list[tuple[str, str]]]
) -> None:
    hub, _ = answering
    hub.ready = alive(NOW)
    assert look(NOW + 9 * MINUTE) == []
    assert look(NOW + 10 * MINUTE) == [("schedules", "dead")]
    hub.ready = alive(NOW + 11 * MINUTE)
    assert look(NOW + 12 * MINUTE) == [("schedules", "back")]


def test_a_prefect_server_that_is_not_healthy_is_told(
    answering: tuple[Answering, str], look: Callable[[dt.datetime], list[tuple[str, str]]]
) -> None:
    hub, _ = answering
    hub.healthy = False
    for minute in range(10):
        hub.ready = alive(NOW + minute * MINUTE)
        assert look(NOW + minute * MINUTE) == []
    hub.ready = alive(NOW + 10 * MINUTE)
    assert look(NOW + 10 * MINUTE) == [("prefect", "dead")]


def test_a_database_that_is_away_is_the_portal_s_trouble_and_says_nothing_of_schedules(
    answering: tuple[Answering, str], look: Callable[[dt.datetime], list[tuple[str, str]]], inbox: Sandbox
) -> None:
    hub, _ = answering
    hub.status, hub.ready = 503, {"status": "not ready", "reason": "The Region's database does not answer."}
    assert look(NOW) == []
    assert look(NOW + 60 * MINUTE) == [("portal", "dead")]
    message = inbox.messages()[-1]["message"]
    assert "The Region's database does not answer." in message
    assert "docs/runbook/hub-silent.md" in message


def test_what_reached_nobody_is_sent_again_at_the_next_look(tmp_path: Path, inbox: Sandbox) -> None:
    away = SecretStr(f"json://127.0.0.1:{free_port()}/inbox")
    url = f"http://127.0.0.1:{free_port()}"
    state = tmp_path / "watchdog.json"
    Watchdog(settings(url, inbox, alert_urls=[away]), None, state).look(NOW)
    assert Watchdog(settings(url, inbox, alert_urls=[away]), None, state).look(NOW + 11 * MINUTE) == []
    (notice,) = Watchdog(settings(url, inbox), None, state).look(NOW + 12 * MINUTE)
    assert (notice.kind, notice.outage.since) == ("dead", NOW)


def test_a_state_that_cannot_be_read_is_begun_anew(
    tmp_path: Path, inbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    state = tmp_path / "watchdog.json"
    state.write_text("{")
    dog = Watchdog(settings(f"http://127.0.0.1:{free_port()}", inbox), None, state)
    assert dog.look(NOW) == []
    assert "begun anew" in caplog.text
    assert set(dog.dead()) == {"portal"}


@pytest.mark.parametrize("lacking", ["alert_urls", "portal_url"])
def test_without_anybody_to_tell_or_anything_to_watch_it_does_not_begin(
    lacking: str, tmp_path: Path, inbox: Sandbox
) -> None:
    told: Any = {"alert_urls": [], "portal_url": None}[lacking]
    with pytest.raises(Misconfigured, match=f"BOOSTEZ_{lacking.upper()}"):
        Watchdog(settings("http://127.0.0.1:1", inbox, **{lacking: told}), None, tmp_path / "state")


def test_an_address_that_is_none_is_told_at_once(tmp_path: Path, inbox: Sandbox) -> None:
    with pytest.raises(Misconfigured, match="PREFECT_API_URL"):
        Watchdog(settings("http://127.0.0.1:1", inbox), "http://prefect.example/api", tmp_path / "state")


def test_once_tells_cron_by_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, inbox: Sandbox, answering: tuple[Answering, str]
) -> None:
    hub, base = answering
    hub.ready = alive(dt.datetime.now(dt.UTC))
    monkeypatch.setenv("BOOSTEZ_HOME", str(tmp_path))
    monkeypatch.setenv("BOOSTEZ_ALERT_URLS", f'["{inbox.base.replace("http:", "json:")}/inbox"]')
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    for url, code, said in ((base, 0, ""), (f"http://127.0.0.1:{free_port()}", 4, "portal: ")):
        monkeypatch.setenv("BOOSTEZ_PORTAL_URL", url)
        forget()
        result = CliRunner().invoke(app, ["watchdog", "--once"])
        assert (result.exit_code, result.stdout[:8]) == (code, said)
    forget()


def test_it_looks_every_minute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, inbox: Sandbox) -> None:
    class Enough(Exception):
        pass

    looks: list[dt.datetime] = []
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            raise Enough

    monkeypatch.setenv("BOOSTEZ_HOME", str(tmp_path))
    monkeypatch.setenv("BOOSTEZ_PORTAL_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("BOOSTEZ_ALERT_URLS", f'["{inbox.base.replace("http:", "json:")}/inbox"]')

    def look(_: Watchdog, now: dt.datetime) -> list[Notice]:
        looks.append(now)
        return []

    monkeypatch.setattr(Watchdog, "look", look)
    monkeypatch.setattr("deployments.cli_doctor.time.sleep", pause)
    forget()
    result = CliRunner().invoke(app, ["watchdog"])
    assert isinstance(result.exception, Enough)
    assert (len(looks), pauses) == (3, [60, 60, 60])
    forget()
