"""A small hub and the sandbox it talks to, for tests: everything real but the size."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import stamina
from prefect.logging import disable_run_logger
from pydantic import SecretStr

from connectors import registry
from connectors.http import Http
from connectors.region import database
from connectors.region.database import Region
from connectors.region.offers import offers, walks
from connectors.region.publishing import plans
from connectors.region.publishing.audits import Audit
from connectors.region.publishing.plans import Held
from connectors.region.publishing.replays import Choice
from connectors.registry import policies, source
from connectors.settings import Settings, settings
from connectors.spool import Spool
from core.plan import Plan
from deployments.stack import gateway_of
from sandbox.app import create_app
from sandbox.server import running
from tasks.audit import audit
from tasks.collect import collect
from tasks.deliver import deliver
from tasks.plan import plan
from tasks.reconcile import close, reconcile
from tasks.replay import Outcome, replay_carried, replay_failed
from tasks.run import Delivered, Figures, Run
from tasks.settle import Settled, settle
from tasks.tell import tell
from tasks.validate import changed, validate
from tasks.withdraw import Proof, withdraw
from tests.makers import incoming, job


class Sandbox:
    """The stand-ins of the outside systems, and what they say really happened."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.http = httpx.Client(base_url=f"{base}/_sandbox", timeout=60, trust_env=False)

    def tell(self, path: str, /, **body: Any) -> Any:
        answer = self.http.post(path, json=body)
        answer.raise_for_status()
        return answer.json()

    def fault(self, path: str, fault: str, **more: Any) -> None:
        self.tell("/faults", path=path, fault=fault, **more)

    def hits(self) -> int:
        orders = self.http.get("/faults").json()
        return sum(order["hits"] for order in (orders["faults"] if isinstance(orders, dict) else orders))

    def truth(self) -> Any:
        return self.http.get("/truth").json()

    def mails(self) -> list[Any]:
        answer: list[Any] = self.http.get("/truth/mails").json()["items"]
        return answer

    def messages(self) -> list[Any]:
        """The alerts that arrived."""
        answer: list[Any] = self.http.get("/truth/messages").json()["items"]
        return answer

    def texts(self) -> list[Any]:
        answer: list[Any] = self.http.get("/truth/texts").json()["items"]
        return answer

    def lives(self) -> list[Any]:
        answer: list[Any] = self.http.get("/truth/lives").json()["items"]
        return answer

    def posts(self) -> list[Any]:
        answer: list[Any] = self.http.get("/truth/posts", params={"limit": 1000}).json()["items"]
        return answer


class Hub:
    """The hub's steps, run one by one without an orchestrator."""

    def __init__(self, region: Region, settings: Settings) -> None:
        self.region, self.settings = region, settings

    def environment(self) -> dict[str, str]:
        """This hub as settings in the environment, for flows and commands."""
        chosen = self.settings
        assert chosen.facebook_app_secret
        told = {
            "HOME": str(chosen.home),
            "DATABASE_URL": self.region.engine.url.render_as_string(hide_password=False),
            "CONTRACTOR_URL": chosen.contractor,
            "FACEBOOK_GRAPH_URL": chosen.graph,
            "FACEBOOK_APP_SECRET": chosen.facebook_app_secret.get_secret_value(),
            "FEEDS_URL": chosen.feeds,
            "PORTAL_URL": chosen.public_url,
            "ALERT_URLS": f'["{chosen.alert_urls[0].get_secret_value()}"]',
            "CHANNELS_FILE": str(chosen.channels_file),
            "ALERTS_FILE": str(chosen.alerts_file),
            "SMTP_URL": chosen.smtp_url.get_secret_value() if chosen.smtp_url else "",
            "CALDAV_URL": chosen.caldav_url or "",
            "CALDAV_PASSWORD": chosen.caldav_password.get_secret_value(),
            "SMS_URL": chosen.sms_url.get_secret_value() if chosen.sms_url else "",
        }
        return {f"BOOSTEZ_{name}": value for name, value in told.items()}

    @contextlib.contextmanager
    def run(self, mode: str = "full", source_name: str = "contractor") -> Iterator[Run]:
        number = walks.start_run(self.region, "test", source_name, mode)
        with disable_run_logger(), Spool(self.settings.home / "spool", number) as spool:
            yield Run(number, source(source_name), mode, self.region, self.settings, spool)
        walks.finish_run(self.region, number, {})

    def take_in(
        self, mode: str = "full", source_name: str = "contractor", file: Path | None = None
    ) -> Figures:
        """Collect, validate, reconcile."""
        with self.run(mode, source_name) as run:
            walk = collect.fn(run, file)
            for chunk in changed(run):
                reconcile.fn(run, validate.fn(run, chunk))
            close.fn(run, walk)
            return run.figures

    def put_out(self, channel: str) -> tuple[Plan, Figures]:
        """Plan and deliver one channel."""
        with self.run() as run:
            wanted = plan.fn(run, policies(self.settings.channels_file)[channel])
            deliver.fn(run, wanted)
            return wanted, run.figures

    def tell(self) -> Delivered:
        """Send every alert that waits."""
        with disable_run_logger():
            return tell.fn(self.region, self.settings)

    def audit(self, channel: str, *, heal: bool = False) -> Audit:
        with disable_run_logger():
            return audit.fn(self.region, self.settings, channel, heal=heal)

    def withdraw(self, name: str, reason: str = "asked by its employer") -> dict[str, Proof]:
        """One offer off every channel; what each shows of it afterwards."""
        with disable_run_logger():
            offer = offers.named(self.region, name)
            proofs = withdraw.fn(self.region, self.settings, offer, "camille", reason)
            return {proof.channel: proof for proof in proofs}

    def replay(self, *, dry: bool = False, **choice: Any) -> Outcome:
        """Failed effects again."""
        with disable_run_logger():
            return replay_failed.fn(self.region, self.settings, Choice(**choice), dry=dry)

    def renew(self, channel: str, *, dry: bool = False, **choice: Any) -> Outcome:
        """What a channel carries again."""
        with disable_run_logger():
            chosen = Choice(channel=channel, **choice)
            return replay_carried.fn(self.region, self.settings, chosen, dry=dry)

    def settle(self, channel: str) -> Settled:
        with disable_run_logger():
            return settle.fn(self.region, self.settings, channel)


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    stamina.set_testing(True, attempts=6, cap=True)
    yield
    stamina.set_testing(False)


@pytest.fixture
def region(database_url: str) -> Iterator[Region]:
    """A migrated Region database of the test's own."""
    database = Region(database_url)
    yield database
    database.dispose()


@pytest.fixture
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """Stand-ins with a catalogue of 600 offers, or of what the test's ``catalogue`` marker says."""
    marker = request.node.get_closest_marker("catalogue")
    jobs, trainings = marker.args if marker else (300, 300)
    with running(create_app(None, jobs=jobs, trainings=trainings)) as base:
        box = Sandbox(base)
        yield box
        box.http.close()


def forget() -> None:
    """What this process read once, it reads again."""
    for cached in (settings, database.region, database.safe_region, policies):
        cached.cache_clear()


@pytest.fixture
def flowing(request: pytest.FixtureRequest, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """The hub as flow runs find it: by the environment, with a Prefect server."""
    request.getfixturevalue("prefect_server")
    for name, value in hub.environment().items():
        monkeypatch.setenv(name, value)
    forget()
    yield hub
    database.region().dispose()
    forget()


POLICIES = """
[open_portal]
kinds = ["job", "training"]
budget = "all"
[aggregator_feed]
kinds = ["job"]
budget = "all"
[contractor]
kinds = ["job", "training"]
budget = "all"
[facebook_page]
kinds = ["job", "training"]
budget = "all"
"""

ALERTS = """
runbooks = "docs/runbook/"
failures = 25
[destinations]
default = "staff"
nobody = "nobody is told by it"
[office]
days = ["monday"]
opens = "00:00"
closes = "23:59"
[pace]
calm = 0
memory = 0
most = 60
[severities]
critical = { hours = "always" }
warning = { hours = "always" }
notice = { hours = "always" }
[[routes]]
pillars = ["offers", "coaching", "dialogue", "operations"]
severities = ["critical", "warning", "notice"]
office = ["default"]
otherwise = ["default"]
[[kinds]]
causes = "parked alerts"
pillar = "operations"
severity = "critical"
form = "task"
affects = "{}"
runbook = "alerts.md"
told = false
[[kinds]]
causes = "paused alerts"
pillar = "operations"
severity = "critical"
form = "task"
affects = "{}"
runbook = "alerts.md"
told = false
[[kinds]]
causes = "*"
pillar = "operations"
severity = "critical"
form = "event"
affects = "{}"
runbook = "alerts.md"
"""
"""Each alert is told once, at once, at any hour: what the reviewed file says has tests of its own."""


@pytest.fixture
def hub(region: Region, sandbox: Sandbox, tmp_path: Path) -> Hub:
    """A hub whose every channel mirrors the catalogue."""
    return Hub(region, settings_of(sandbox, tmp_path))


def settings_of(sandbox: Sandbox, home: Path) -> Settings:
    """The settings of a hub whose every channel mirrors the catalogue."""
    channels_file = home / "channels.toml"
    channels_file.write_text(POLICIES)
    alerts_file = home / "alerts.toml"
    alerts_file.write_text(ALERTS)
    return Settings(
        home=home,
        contractor_url=sandbox.base,
        facebook_graph_url=f"{sandbox.base}/graph",
        facebook_app_secret="sandbox-app-secret",
        feeds_url=f"file://{home}/feeds",
        portal_url="https://portail.example",
        alert_urls=[SecretStr(f"{sandbox.base.replace('http:', 'json:')}/inbox")],
        channels_file=channels_file,
        alerts_file=alerts_file,
        smtp_url=SecretStr(f"smtp://127.0.0.1:{sandbox.truth()['mails']['port']}"),
        mail_per_minute=0,
        sms_url=SecretStr(gateway_of(sandbox.base)),
        sms_per_minute=0,
    )


@pytest.fixture
def impatient(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """A hub whose calls give up after a second."""
    monkeypatch.setattr(registry, "Http", partial(Http, timeout=1.0))
    return hub


def stock(hub: Hub, *numbers: int, title: str = "Boulanger", version: int = 1, closed: bool = False) -> None:
    """So many jobs of the contractor, as if a sync had brought them."""
    rows = [
        incoming(job(f"J-{n}", title=f"{title} {n}"), version, "closed" if closed else None) for n in numbers
    ]
    offers.merge(hub.region, 1, "contractor", rows)


def everywhere(hub: Hub) -> None:
    """Plan and deliver every channel."""
    for name in policies(hub.settings.channels_file):
        hub.put_out(name)


VERDICTS = {"approve": plans.approve, "refuse": plans.refuse}


def decided(region: Region, plan: int, verdict: str, by: str, reason: str) -> Held:
    """A person's verdict on a stopped plan."""
    return VERDICTS[verdict](region, plan, by, reason)


def builtins(value: Any) -> Any:
    return msgspec.to_builtins(value)
