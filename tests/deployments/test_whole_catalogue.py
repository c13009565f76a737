"""The main job, whole: ``boostez up`` on 49,000 offers, then what staff do with it. One stack for the file, in order."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from deployments import postgres, prefect_api, processes, stack
from tests.ports import free_pair, free_port
from tests.world.walking import WHOLE
from tests.worlds import ALERTS, Sandbox

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.xdist_group("whole catalogue")]
ROOT = Path(__file__).parents[2]
WHOLE_ONLY = pytest.mark.skipif(not WHOLE, reason="minutes each: `make test-world` takes them too")
PATIENCE = 420  # seconds, on two shared cores
ALL = 'kinds = ["job", "training"]\nbudget = "all"\n'


class Installation:
    """A hub that runs, used from its command line."""

    def __init__(self, home: Path, ports: list[int], output: Path) -> None:
        self.home, self.output = home, output
        told_at_once = home.parent / "alerts.toml"  # whatever the hour
        told_at_once.write_text(ALERTS)
        names = ("BOOSTEZ_PREFECT_PORT", "BOOSTEZ_PORTAL_PORT", "BOOSTEZ_SANDBOX_PORT")
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("BOOSTEZ_", "PREFECT_"))}
        self.environment = {
            **clean,
            "BOOSTEZ_HOME": str(home),
            "BOOSTEZ_ALERTS_FILE": str(told_at_once),
            **{n: str(p) for n, p in zip(names, ports, strict=True)},
        }
        self.prefect, self.portal, sandbox = (f"http://127.0.0.1:{port}" for port in ports)
        self.sandbox = Sandbox(sandbox)

    def ask(self, *words: str, code: int = 0, **settings: str) -> Any:
        done = subprocess.run(
            [sys.executable, "-m", "deployments", *words, "--json"],
            cwd=ROOT,
            env={**self.environment, **settings},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == code, (done.stdout[-2000:], done.stderr[-4000:])
        return json.loads(done.stdout)

    def agrees(self) -> dict[str, Any]:
        """The three counts of every channel; the sandbox's own truth must be the third of the Page."""
        audits: dict[str, Any] = self.ask("audit")
        for audit in audits.values():
            assert audit["agrees"], audit
            assert audit["wanted"] == audit["live"] == audit["inventory"]
        graph = self.sandbox.truth()["graph"]
        assert graph["posts"] == audits["facebook_page"]["inventory"]
        assert graph["duplicates"] == 0
        return audits


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    home = tmp_path_factory.mktemp("a state folder") / "home"
    output = home.parent / "output"
    installation = Installation(home, [free_port(), free_port(), free_pair()], output)
    with output.open("wb") as told:
        process = subprocess.Popen(
            [sys.executable, "-m", "deployments", "up"],
            cwd=ROOT,
            env=installation.environment,
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=told,
            start_new_session=True,
        )
    try:
        end = time.monotonic() + PATIENCE
        while "Everything runs" not in output.read_text():
            assert process.poll() is None, output.read_text()[-4000:]
            assert time.monotonic() < end, output.read_text()[-4000:]
            time.sleep(0.5)
        yield installation
        running = stack.running(home)
        assert running
        children = [mark.process() for mark in running.marks[1:]]
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        assert not [child for child in children if child and child.is_running()], (
            "Ctrl-C leaves nothing behind"
        )
        assert stack.running(home) is None
    finally:
        postgres.remove(home / "postgres")
        if process.poll() is None:
            processes.end([processes.Mark("up", process.pid, psutil.Process(process.pid).create_time())])


def test_the_first_sync_takes_everything_in_and_puts_it_everywhere(hub: Installation) -> None:
    told = hub.ask("status")
    served = hub.sandbox.truth()["contractor"]
    opened = sum(counts["open"] for counts in told["offers"].values())

    assert served["total_served"] == 49_000
    assert opened + told["quarantine"]["total"] == 49_000
    assert 0.005 < told["quarantine"]["total"] / 49_000 < 0.015
    assert sum(told["quarantine"]["by_reason"].values()) == told["quarantine"]["total"]
    assert told["channels"]["open_portal"]["live"] == opened
    assert told["channels"]["aggregator_feed"]["live"] == told["offers"]["job"]["open"]
    assert told["channels"]["facebook_page"]["live"] == 300
    assert told["sources"]["contractor"]["last_snapshot_at"]


def test_sandbox_ledger_and_database_agree(hub: Installation) -> None:
    hub.agrees()


def test_the_first_sync_stays_under_400_megabytes(hub: Installation) -> None:
    lines = [
        line for line in hub.output.read_text().splitlines() if line.startswith("│") and line.count("│") == 6
    ]
    peaks = [float(line.split("│")[5]) for line in lines]
    assert len(peaks) > 5
    assert max(peaks) < 400


def test_a_second_sync_does_nothing_in_a_fraction_of_the_time(hub: Installation) -> None:
    before = hub.sandbox.http.get("/log").json()["writing_calls"]
    for words in ((), ("--full",)):
        told = hub.ask("sync", "offers", *words)
        assert told["decoded"] == told["rows_written"] == told["writing_calls"] == 0
        assert (told["new"], told["changed"], told["closed"], told["quarantined"]) == (0, 0, 0, 0)
        assert sum(stage["seconds"] for stage in told["stages"]) < 5
        assert all(stage["peak_mb"] < 400 for stage in told["stages"])
    for channel in ("open_portal", "aggregator_feed", "facebook_page"):
        wanted = hub.ask("plan", "show", channel)
        assert (wanted["create"], wanted["update"], wanted["withdraw"]) == (0, 0, 0)
    assert hub.sandbox.http.get("/log").json()["writing_calls"] == before


def test_one_percent_changed_is_exactly_what_is_written(hub: Installation) -> None:
    changed = hub.sandbox.tell("/contractor/change", share=0.01, close=40, appear=30)
    jobs = sum(ref.startswith("EMP") for ref in changed["changed"])

    told = hub.ask("sync", "offers")

    assert told["changed"] == len(changed["changed"]) > 480
    assert (told["new"], told["closed"]) == (30, 40)
    assert told["decoded"] == told["changed"] + 70
    assert told["channels"]["open_portal"]["updated"] == told["changed"]
    assert told["channels"]["aggregator_feed"]["updated"] == jobs
    assert told["channels"]["open_portal"]["withdrawn"] == 40
    hub.agrees()


@WHOLE_ONLY
@pytest.mark.parametrize(
    ("keep", "guard"),
    [(0, "empty_snapshot"), (24_500, "fall"), (44_000, "withdrawals_in_a_run")],
    ids=["empty", "half", "truncated"],
)
def test_a_cut_snapshot_withdraws_nothing_and_tells_a_person_once(
    hub: Installation, keep: int, guard: str
) -> None:
    def letters() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = hub.sandbox.messages()
        return found

    told = len(letters())
    before = hub.ask("audit")
    hub.sandbox.tell("/contractor/truncate", keep=keep)
    for _ in range(2):
        figures = hub.ask("sync", "offers", "--full", code=3)
        assert figures["closed"] == 0
        assert figures["held"] > 4_000
        assert {channel["withdrawn"] for channel in figures["channels"].values()} == {0}
    hub.agrees()
    (letter,) = letters()[told:]
    (plan,) = hub.ask("plan", "list")
    assert (plan["guard"], plan["numbers"]["collected"]) == (guard, keep)
    assert plan["numbers"]["now"] == figures["held"]
    for name in ("collected", "now", "last_good"):
        assert f": {plan['numbers'][name]}" in letter["message"]

    hub.sandbox.tell("/contractor/truncate", keep=None)
    assert hub.ask("sync", "offers", "--full")["held"] == 0
    assert hub.ask("plan", "list") == []
    after = hub.agrees()
    assert [after[name]["inventory"] for name in after] == [before[name]["inventory"] for name in before]
    assert len(letters()) == told + 1


@WHOLE_ONLY
def test_the_whole_catalogue_goes_through_batches_once_each(hub: Installation, tmp_path: Path) -> None:
    everything = tmp_path / "channels.toml"
    everything.write_text(
        f'[open_portal]\n{ALL}[aggregator_feed]\nkinds = ["job"]\nbudget = "all"\n[facebook_page]\n{ALL}'
    )

    told = hub.ask("sync", "offers", BOOSTEZ_CHANNELS_FILE=str(everything))

    page = told["channels"]["facebook_page"]
    assert page["created"] > 48_000
    assert (page["unknown"], page["refused"], page["error"]) == (0, 0, None)
    assert told["writing_calls"] <= page["created"] / 50 + 2
    assert max(stage["peak_mb"] for stage in told["stages"]) < 400
    audits = hub.agrees()
    assert audits["facebook_page"]["inventory"] == audits["open_portal"]["inventory"] > 48_400


def test_the_portal_and_its_feeds_answer(hub: Installation) -> None:
    for path in ("/healthz", "/", "/offres?q=boulanger", "/feeds", "/feeds/aggregator.xml.gz"):
        with urllib.request.urlopen(hub.portal + path, timeout=20) as answer:
            assert answer.status == 200, path


def test_prefect_schedules_runs(hub: Installation) -> None:
    """With some versions of its libraries Prefect's scheduler inserts nothing, silently."""

    def scheduled() -> int:
        asked = {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}
        return int(prefect_api.post(f"{hub.prefect}/api", "flow_runs/count", asked))

    end = time.monotonic() + 90
    while not scheduled():
        assert time.monotonic() < end
        time.sleep(1)


def test_a_second_stack_in_the_same_folder_is_refused(hub: Installation) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "deployments", "up"],
        cwd=ROOT,
        env=hub.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 3
    assert "BOOSTEZ_HOME" in done.stderr
