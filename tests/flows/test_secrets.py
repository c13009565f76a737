"""No secret is ever told: a whole sync, in health and in trouble, with everything logging at DEBUG.

Each secret setting, found by looking at the settings, has a value that occurs nowhere else. Afterwards everything that the
sync left behind is searched for any nine characters of it in a row, as they are or as they may be spelled.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import secrets
import string
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from traceback import TracebackException
from types import TracebackType
from typing import Any

import httpx
import pytest
from prefect.client.orchestration import get_client
from prefect.logging.handlers import APILogHandler
from pydantic import SecretStr
from rich.console import Console
from rich.traceback import Traceback
from sqlalchemy import make_url, text

from connectors import http
from connectors.region.database import Region, region
from connectors.settings import PREFIX, SECRETS, Settings
from core.redaction import spellings
from flows.offers import sync_offers
from sandbox.app import create_app
from sandbox.keys import Keys
from sandbox.server import running
from tests.world.walking import WHOLE
from tests.worlds import ALERTS, POLICIES, forget

pytestmark = [pytest.mark.database, pytest.mark.slow, pytest.mark.usefixtures("prefect_server")]
ROOT = Path(__file__).parents[2]
WINDOW = 9
SECRET_SETTINGS = [
    name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)
]


class Needles:
    """Every secret of a test, and whether a text holds one, spelled in any way, whole or nine characters of it."""

    def __init__(self) -> None:
        self.secrets: dict[str, str] = {}
        self._parts: dict[str, list[tuple[str, str]]] = {}  # by their first nine characters

    def add(self, name: str, secret: str) -> str:
        self.secrets[name] = secret
        for start in range(len(secret) - WINDOW + 1):
            for spelled in spellings(secret[start : start + WINDOW]):
                if spelled.isdigit():
                    continue  # by chance; numbers are everywhere, and the next nine characters have a letter
                self._parts.setdefault(spelled[:WINDOW], []).append((spelled, name))
        return secret

    def new(self, name: str) -> str:
        """A secret of letters only: numbers are everywhere."""
        return self.add(name, "".join(secrets.choice(string.ascii_letters) for _ in range(40)))

    def found(self, haystack: str) -> set[str]:
        parts = self._parts
        return {
            f"{name}: {haystack[max(0, start - 60) : start + 60]!r}"
            for start in range(len(haystack) - WINDOW + 1)
            if (part := haystack[start : start + WINDOW]) in parts
            for spelled, name in parts[part]
            if haystack.startswith(spelled, start)
        }


class Outside:
    """The stand-ins, which only the needles open."""

    def __init__(self, base: str) -> None:
        self.base, self.begun = base, dt.datetime.now(dt.UTC)
        self._http = httpx.Client(base_url=f"{base}/_sandbox", timeout=30, trust_env=False)

    def fault(self, path: str, fault: str) -> None:
        self._http.post("/faults", json={"path": path, "fault": fault, "times": 1000}).raise_for_status()

    def addresses(self) -> list[str]:
        return [f"{call['path']}?{call['query']}" for call in self._http.get("/log").json()["calls"]]

    def tokens(self) -> list[str]:
        answer: list[str] = self._http.get("/contractor/tokens").json()["tokens"]
        return answer

    def close(self) -> None:
        self._http.close()


@pytest.fixture
def needles() -> Needles:
    return Needles()


@pytest.fixture
def outside(needles: Needles) -> Iterator[Outside]:
    keys = Keys(
        client_secret=needles.new("contractor_client_secret"),
        page_token=needles.new("facebook_token"),
        app_secret=needles.new("facebook_app_secret"),
    )
    needles.add("appsecret_proof", keys.proof)
    with running(create_app(None, jobs=25, trainings=25, keys=keys)) as base:
        served = Outside(base)
        yield served
        served.close()


@pytest.fixture
def environment(
    needles: Needles, outside: Outside, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, str]]:
    """The settings of a hub whose every secret is a needle."""
    channels = tmp_path / "channels.toml"
    channels.write_text(POLICIES)
    alerts_file = tmp_path / "alerts.toml"
    alerts_file.write_text(ALERTS)
    password = needles.new("database_url")
    with_password = make_url(database_url).set(username="postgres", password=password)
    chosen = {
        "HOME": str(tmp_path / "home"),
        "CONTRACTOR_URL": outside.base,
        "FACEBOOK_GRAPH_URL": f"{outside.base}/graph",
        "PORTAL_URL": "https://portail.example",
        "CHANNELS_FILE": str(channels),
        "ALERTS_FILE": str(alerts_file),
        "DATABASE_URL": with_password.render_as_string(hide_password=False),
        "ALERT_URLS": json.dumps([f"json://boostez:{needles.new('alert_urls')}@{outside.base[7:]}/inbox"]),
        "ALERT_DESTINATIONS": json.dumps(
            {"nobody": [f"json://{needles.new('alert_destinations')}@127.0.0.1:1"]}
        ),
    }
    for name in SECRETS - {"database_url", "alert_urls", "alert_destinations"}:
        chosen[name.upper()] = needles.secrets.get(name) or needles.new(name)
    for name, value in chosen.items():
        monkeypatch.setenv(PREFIX + name, value)
    forget()
    yield {PREFIX + name: value for name, value in chosen.items()}
    region().dispose()
    forget()


@pytest.fixture
def records(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[logging.LogRecord]]:
    """Every record that any logger makes, at DEBUG, whatever its handlers, filters and propagation."""
    made: list[logging.LogRecord] = []
    handle = logging.Logger.callHandlers

    def noted(logger: logging.Logger, record: logging.LogRecord) -> None:
        made.append(record)
        handle(logger, record)

    monkeypatch.setattr(logging.Logger, "callHandlers", noted)
    loggers = [
        logging.root,
        *(each for each in logging.root.manager.loggerDict.values() if isinstance(each, logging.Logger)),
    ]
    levels = {each: (each.level, each.disabled) for each in loggers}
    for each in loggers:
        each.setLevel(logging.DEBUG)
        each.disabled = False
    yield made
    for each, (level, disabled) in levels.items():
        each.setLevel(level)
        each.disabled = disabled


def sync(**parameters: Any) -> tuple[dict[str, Any] | None, BaseException | None]:
    """What a sync returns, or what it raises without the frames of this file."""
    try:
        return sync_offers(**parameters), None
    except Exception as error:  # noqa: BLE001 - whatever it raises is what is looked at
        return None, error.with_traceback(_behind_here(error.__traceback__))


def _behind_here(frames: TracebackType | None) -> TracebackType | None:
    while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    return frames


def shown(error: BaseException | None) -> str:
    """An error as a terminal may show it: its chain, and every variable of every frame, in full."""
    if error is None:
        return ""
    console = Console(width=10_000, record=True, file=open(os.devnull, "w"))  # noqa: PTH123, SIM115
    told = Traceback.from_exception(
        type(error), error, error.__traceback__, show_locals=True, max_frames=1000, locals_max_length=10_000,
        locals_max_string=100_000, locals_hide_dunder=False,
    )  # fmt: skip
    console.print(told)
    plain = "".join(TracebackException.from_exception(error, capture_locals=True).format())
    return console.export_text() + plain


def of_record(record: logging.LogRecord) -> str:
    return f"{logging.Formatter().format(record)} {record.__dict__!r}"


def asked(path: str, **body: Any) -> list[dict[str, Any]]:
    """Everything of a kind that Prefect's API holds."""
    found: list[dict[str, Any]] = []
    with get_client(sync_client=True) as client:
        while True:
            page = client._client.post(path, json={"limit": 200, "offset": len(found), **body})  # noqa: SLF001
            page.raise_for_status()
            found += page.json()
            if len(page.json()) < 200:
                return found


def prefect_holds(since: dt.datetime) -> dict[str, str]:
    """What Prefect's API tells of the runs that began since; it keeps those of every test before."""
    APILogHandler().flush()
    begun = {"start_time": {"after_": since.isoformat()}}
    runs = asked("/flow_runs/filter", flow_runs=begun)
    ids = {"any_": [run["id"] for run in runs]}
    with get_client(sync_client=True) as client:
        events = client._client.post("/events/filter", json={"limit": 50}).json()  # noqa: SLF001
    kinds = {
        "flow_runs": runs,
        "task_runs": asked("/task_runs/filter", flow_runs={"id": ids}),
        "artifacts": asked("/artifacts/filter", flow_runs={"id": ids}),
        "logs": asked("/logs/filter", logs={"timestamp": {"after_": since.isoformat()}}),
    }
    assert kinds["flow_runs"]
    assert kinds["logs"]
    return {"events": json.dumps(events)} | {kind: json.dumps(each) for kind, each in kinds.items()}


def database_holds(address: str) -> str:
    """Every row of every table."""
    database = Region(address)
    with database.begin() as connection:
        tables = connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
        rows = [
            str(row)
            for table in tables
            for row in connection.scalars(text(f'SELECT t::text FROM "{table}" t'))
        ]
    database.dispose()
    return "\n".join(rows)


def files_hold(folder: Path) -> str:
    return "\n".join(file.read_bytes().decode("latin-1") for file in folder.rglob("*") if file.is_file())


def told_by(*command: str, code: int = 0) -> str:
    """What a command prints; its settings are those of this process."""
    ended = subprocess.run(
        [sys.executable, "-m", "deployments", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == code, f"{ended.stdout}{ended.stderr}"
    return ended.stdout + ended.stderr


@pytest.fixture
def search(
    needles: Needles,
    outside: Outside,
    environment: dict[str, str],
    records: list[logging.LogRecord],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., None]:
    """Look for the secrets in what Prefect, the database, files, logs, addresses and the terminal hold, and in texts."""

    def finds_nothing(*texts: str) -> None:
        for number, token in enumerate(outside.tokens()):
            needles.add(f"bearer {number}", token)
        printed = capsys.readouterr()
        places = {
            **prefect_holds(outside.begun),
            "records": "\n".join(map(of_record, records)),
            "addresses": "\n".join(outside.addresses()),
            "database": database_holds(environment["BOOSTEZ_DATABASE_URL"]),
            "files": files_hold(tmp_path / "home"),
            "printed": printed.out + printed.err,
            "texts": "\n".join(texts),
        }
        assert places["records"]
        assert {
            place: sorted(found)[:5] for place, words in places.items() if (found := needles.found(words))
        } == {}

    return finds_nothing


def test_the_settings_have_the_secrets_that_are_looked_for() -> None:
    known = {"database_url", "contractor_client_secret", "facebook_token", "facebook_app_secret"}
    assert known <= set(SECRET_SETTINGS)
    assert all(
        isinstance(Settings.model_validate({name: "x" * 9}).__dict__[name], SecretStr) for name in known
    )


def test_a_needle_is_found_however_it_is_spelled(needles: Needles) -> None:
    secret = needles.new("secret")
    for written in [*spellings(secret), secret[:10], secret[20:29], f"a{secret[-9:]}b"]:
        assert needles.found(f"before {written} after")
    assert not needles.found(f"{secret[:8]} {secret[8:16]} {secrets.token_hex(24)}")


def test_a_sync_that_goes_well_tells_no_secret(
    search: Callable[..., None],
    outside: Outside,
    records: list[logging.LogRecord],
) -> None:
    figures, error = sync(full=True)
    again, error_again = sync(full=False)
    assert error is None is error_again
    assert figures is not None
    assert again is not None
    assert figures["channels"]["facebook_page"]["created"] > 0
    loggers = {record.name.partition(".")[0] for record in records if record.levelno == logging.DEBUG}
    assert {"httpx", "httpcore", "sqlalchemy", "prefect"} <= loggers | {
        record.name.partition(".")[0] for record in records
    }
    assert any(address.endswith("?limit=1000") for address in outside.addresses())

    texts = [
        json.dumps([figures, again]),
        told_by("status"),
        told_by("status", "--json"),
        told_by("audit"),
        told_by("audit", "--json"),
        told_by("quarantine", "list", "--csv"),
    ]
    search(*texts)


TROUBLE: dict[str, tuple[str, str]] = {
    "the contractor fails": ("/v1/offers", "error_500_before"),
    "the contractor is slow": ("/v1/offers", "timeout_before"),
    "the contractor breaks off": ("/v1/offers", "cut_body"),
    "the contractor repeats what it was sent": ("/v1/offers", "echo"),
    "the contractor repeats its secret": ("/oauth/token", "echo"),
    "the contractor gives no token": ("/oauth/token", "html"),
    "the contractor refuses every token": ("/v1/offers", "expire_token"),
    "Graph fails": ("/graph/", "error_500_after"),
    "Graph is slow": ("/graph/", "timeout_after"),
    "Graph repeats what it was sent": ("/graph/", "echo"),
    "Graph refuses the token": ("/graph/", "expire_token"),
    "Graph limits us": ("/graph/", "rate_limited"),
}


@pytest.mark.parametrize("trouble", list(TROUBLE)[:: 1 if WHOLE else 2])  # all of them: `make test-world`
def test_a_sync_in_trouble_tells_no_secret(
    search: Callable[..., None],
    outside: Outside,
    monkeypatch: pytest.MonkeyPatch,
    trouble: str,
) -> None:
    path, fault = TROUBLE[trouble]
    outside.fault(path, fault)
    monkeypatch.setattr(http, "READ_SECONDS", 0.5)
    monkeypatch.setattr(http, "WRITE_SECONDS", 0.5)

    figures, error = sync(full=True)

    if path.startswith("/graph"):
        assert error is None
        assert figures is not None
        page = figures["channels"]["facebook_page"]
        assert page["error"] or page["unknown"]
    else:
        assert error is not None
    texts = [json.dumps(figures), shown(error)]
    search(*texts)


@pytest.mark.parametrize("name", ["contractor_client_secret", "facebook_token", "facebook_app_secret"])
def test_a_wrong_secret_is_not_told(
    search: Callable[..., None],
    needles: Needles,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    monkeypatch.setenv(PREFIX + name.upper(), needles.new(f"wrong {name}"))
    forget()

    figures, error = sync(full=True)

    if name == "contractor_client_secret":
        assert error is not None
        assert "BOOSTEZ_CONTRACTOR_CLIENT_ID" in str(error)
    else:
        assert figures is not None
        assert figures["channels"]["facebook_page"]["error"]
    texts = (
        [json.dumps(figures), shown(error), told_by("status"), told_by("audit", "facebook_page", code=2)]
        if name == "facebook_token"
        else [shown(error)]
    )
    search(*texts)


def test_a_database_that_is_away_does_not_tell_its_password(
    search: Callable[..., None],
    needles: Needles,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    password = needles.new("away")
    monkeypatch.setenv(
        "BOOSTEZ_DATABASE_URL", f"postgresql://boostez:{password}@127.0.0.1:1/boostez?password={password}"
    )
    forget()

    _, error = sync(full=True)

    assert "BOOSTEZ_DATABASE_URL" in str(error)
    texts = [shown(error), told_by("status", code=4)]
    search(*texts)
