"""Prefect as production runs it, for real: two servers and their services on one PostgreSQL and one Redis, with a password."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from prefect.workers.process import ProcessWorker

from connectors.settings import PREFIX, ROOT
from deployments import prefect_api
from deployments.container.answers import answers
from deployments.declared import POOL
from tests.conftest import TestServer, fresh_name
from tests.deployments.production.files import on_this_machine
from tests.ports import free_port
from tests.world.walking import WHOLE

pytestmark = [
    pytest.mark.stack,
    pytest.mark.database,
    pytest.mark.slow,
    pytest.mark.xdist_group("several servers"),
    pytest.mark.skipif(not WHOLE, reason="minutes on a busy machine: `make test-world` takes them"),
]
PATIENCE = 240  # seconds for what takes 20 on an idle machine
PASSWORD = "a password that only tests know"
KEY = f"boostez:{PASSWORD}"
FLOW = """
from pathlib import Path
from prefect import flow, task
from prefect.runtime import flow_run

@task
def note() -> None:
    with (Path(__file__).parent / "ran").open("a") as file:
        file.write(f"{flow_run.id}\\n")

@flow
def tick() -> None:
    note()
"""


class Cluster:
    """Its processes, and its two servers' addresses."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder, self._environment = folder, environment
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self.apis: list[str] = []

    def start(self, name: str, *words: str, **more: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("wb") as log:
            self._children[name] = subprocess.Popen(
                [sys.executable, "-m", "deployments", *words],
                env={**self._environment, "PREFECT_HOME": str(self.folder / name), **more},
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )
        return self._children[name]

    def until(self, condition: Callable[[], object]) -> None:
        """Wait, for processes of another time than ours, all of which must be alive meanwhile."""
        end = time.monotonic() + PATIENCE
        while not condition():
            for name, child in self._children.items():
                assert child.poll() is None, f"{name} ended:\n{self.log(name)}"
            assert time.monotonic() < end, "\n".join(self.log(name) for name in self._children)
            time.sleep(0.2)

    def finish(self, name: str) -> None:
        child = self._children.pop(name)
        assert child.wait(PATIENCE) == 0, self.log(name)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text("utf-8", "replace")

    def end(self) -> None:
        for child in self._children.values():
            child.send_signal(signal.SIGTERM)
        for child in self._children.values():
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis with a password, on loopback."""
    program, port = on_this_machine("redis-server", "Prefect's servers share it"), free_port()
    folder = tmp_path_factory.mktemp("redis")
    told = f'port {port}\nbind 127.0.0.1\nrequirepass canary\nsave ""\ndir {folder}\nmaxmemory-policy noeviction\n'
    server = subprocess.Popen([program, "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert server.stdin
    server.stdin.write(told.encode())
    server.stdin.close()
    yield f"redis://:canary@127.0.0.1:{port}/0"
    server.terminate()
    server.wait(10)


@pytest.fixture(scope="module")
def cluster(
    postgres_server: TestServer, redis: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """Two servers and their services, started at once, as each restart of a machine does."""
    name, folder, secrets = (
        fresh_name("prefect"),
        tmp_path_factory.mktemp("cluster"),
        tmp_path_factory.mktemp("secrets"),
    )
    postgres_server.create_database(name)
    ports = [free_port(), free_port()]
    given = {
        "prefect_database_url": postgres_server.url(name),
        "redis_url": redis,
        "prefect_password": PASSWORD,
        "prefect_public_url": f"http://127.0.0.1:{ports[0]}",
    }
    for setting, value in given.items():
        (secrets / f"boostez_{setting}").write_text(f"{value}\n", "utf-8")
    clean = {key: value for key, value in os.environ.items() if not key.startswith((PREFIX, "PREFECT_"))}
    made = Cluster(
        folder,
        {
            **clean,
            "BOOSTEZ_SECRETS_DIR": str(secrets),
            "BOOSTEZ_PRODUCTION": "true",
            "BOOSTEZ_HOME": str(folder),
        },
    )
    try:
        made.start("upgrade", "prefect", "upgrade")
        made.finish("upgrade")
        ui = {"PREFECT_SERVER_UI_STATIC_DIRECTORY": str(folder / "ui")}
        for number, port in enumerate(ports):
            made.start(f"server {number}", "prefect", "server", BOOSTEZ_PREFECT_PORT=str(port), **ui)
            made.apis.append(f"http://127.0.0.1:{port}/api")
        made.start("services", "prefect", "services")
        made.until(lambda: all(answers(f"{api}/ready") for api in made.apis))
        yield made
    finally:
        made.end()
        postgres_server.drop_database(name)


@pytest.fixture(autouse=True)
def _with_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", KEY)


def status(address: str, body: Any = None, **headers: str) -> tuple[int, str | None]:
    """What an address answers to whoever sends no more than this, and for which origin."""
    request = urllib.request.Request(
        address,
        json.dumps(body).encode() if body is not None else None,
        {"Content-Type": "application/json"}
        | {key.replace("_", "-"): value for key, value in headers.items()},
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.headers["Access-Control-Allow-Origin"]
    except urllib.error.HTTPError as error:
        return error.code, error.headers["Access-Control-Allow-Origin"]


BASIC = f"Basic {b64encode(KEY.encode()).decode()}"
ANY = {"limit": 1}
TOKEN = "csrf-token?client=a-browser"


@pytest.mark.parametrize("key", [None, "boostez:", "boostez:guessed"])
def test_who_has_no_password_is_refused(cluster: Cluster, key: str | None) -> None:
    headers = {"Authorization": f"Basic {b64encode(key.encode()).decode()}"} if key else {}
    for api in cluster.apis:
        assert status(f"{api}/admin/version", **headers)[0] == 401
        assert status(f"{api}/{TOKEN}", **headers)[0] == 401


def test_a_page_of_somebody_else_s_changes_nothing_in_the_browser_of_who_is_logged_in(
    cluster: Cluster,
) -> None:
    guessed = {"Prefect_Csrf_Token": "guessed", "Prefect_Csrf_Client": "a-browser"}
    for api in cluster.apis:
        assert status(f"{api}/flows/filter", ANY, Authorization=BASIC)[0] == 403
        assert status(f"{api}/flows/filter", ANY, Authorization=BASIC, **guessed)[0] == 403


def test_a_token_of_one_server_is_good_at_the_other_but_is_no_password(cluster: Cluster) -> None:
    one, other = cluster.apis
    request = urllib.request.Request(f"{one}/{TOKEN}", headers={"Authorization": BASIC})
    with urllib.request.urlopen(request, timeout=20) as answer:
        given = json.load(answer)["token"]
    headers = {"Prefect_Csrf_Token": given, "Prefect_Csrf_Client": "a-browser"}
    assert status(f"{other}/flows/filter", ANY, Authorization=BASIC, **headers)[0] == 200
    assert status(f"{other}/flows/filter", ANY, **headers)[0] == 401


def test_the_ui_is_served_from_where_it_may_be_written(cluster: Cluster) -> None:
    """Prefect writes its pages into its own folder when it starts; in an image that is read only there were none."""
    assert (cluster.folder / "ui" / "v2" / "index.html").is_file()
    for api in cluster.apis:
        assert status(f"{api.removesuffix('/api')}/v2/dashboard", Accept="text/html")[0] == 200


def test_only_the_ui_s_own_pages_may_read_what_it_answers(cluster: Cluster) -> None:
    ui, api = cluster.apis[0].removesuffix("/api"), cluster.apis[1]
    assert status(f"{api}/health", Origin="https://elsewhere.example") == (200, None)
    assert status(f"{api}/health", Origin=ui) == (200, ui)


def test_what_is_pressed_is_run_once_and_recorded_and_what_is_scheduled_is_there_once(
    cluster: Cluster, tmp_path: Path
) -> None:
    one, other = cluster.apis
    (tmp_path / "tick.py").write_text(FLOW, "utf-8")
    template = ProcessWorker.get_default_base_job_template()
    prefect_api.post(one, "work_pools/", {"name": POOL, "type": "process", "base_job_template": template})
    flow = prefect_api.post(other, "flows/", {"name": "tick"})
    hourly = {"schedule": {"interval": 3600, "anchor_date": "2026-01-01T00:00:00Z"}, "active": True}
    asked = {
        "name": "tick",
        "flow_id": flow["id"],
        "work_pool_name": POOL,
        "entrypoint": "tick.py:tick",
        "path": str(tmp_path),
        "schedules": [hourly],
        "job_variables": {"working_dir": str(tmp_path)},
        "enforce_parameter_schema": False,
    }
    made = prefect_api.post(one, "deployments/", asked)
    worker = {
        **dict.fromkeys(
            ("DATABASE_URL", "PORTAL_SECRET", "CONTRACTOR_CLIENT_ID", "CONTRACTOR_CLIENT_SECRET"), "x"
        ),
        **dict.fromkeys(("FACEBOOK_PAGE_ID", "FACEBOOK_TOKEN", "FACEBOOK_APP_SECRET", "SMTP_URL"), "x"),
        **dict.fromkeys(("PORTAL_URL", "CONTRACTOR_URL", "FACEBOOK_GRAPH_URL"), "https://nowhere.example"),
        "INSTAGRAM_USER_ID": "1" * 17,
        "MAIL_FROM": "a@nowhere.example",
        "ALERT_URLS": '["json://nowhere.example"]',
    }
    told = {f"{PREFIX}{name}": value for name, value in worker.items()}
    cluster.start(
        "worker",
        "worker",
        "--health",
        PREFECT_API_URL=other,
        PREFECT_WORKER_WEBSERVER_PORT=str(free_port()),
        **told,
    )

    pressed = prefect_api.post(one, f"deployments/{made['id']}/create_flow_run", {})

    its = {"flow_runs": {"id": {"any_": [pressed["id"]]}}}
    completed = {"state": {"type": {"any_": ["COMPLETED"]}}}
    # A task's state goes as an event to a server, from there by Redis to the services, and by them into the database.
    cluster.until(lambda: prefect_api.post(one, "task_runs/count", {**its, "task_runs": completed}))

    assert (tmp_path / "ran").read_text("utf-8").split() == [pressed["id"]]
    scheduled = {
        "deployments": {"id": {"any_": [made["id"]]}},
        "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}},
    }
    due = [run["expected_start_time"] for run in prefect_api.post(one, "flow_runs/filter", scheduled)]
    assert len(due) == len(set(due)) >= 3
