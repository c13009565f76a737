"""What staff see and press in Prefect's own UI: a real browser, server, worker and database; the outside is the sandbox.

Belongs here: whole ways, clicked as staff click them. Does not: what a flow does (tests/flows), or what is registered (test_deploy.py).

Each test leaves its screens as pictures in its folder: look at them after a change of words or of Prefect.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import yaml
from playwright.sync_api import Browser, Page, expect
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterName
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.sorting import FlowRunSort

from connectors.region import migrations
from connectors.region.database import Region
from connectors.region.publishing import plans
from core.registration import Thing
from deployments.declared import FILE, declared
from deployments.deploy import register
from deployments.processes import end
from sandbox.app import create_app
from sandbox.server import running
from tests.conftest import fresh_name
from tests.operations import Operations, until
from tests.worlds import Hub, Sandbox, settings_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.stack,
    pytest.mark.slow,
    pytest.mark.xdist_group("operations"),
]
PRESSED: Final = {"full", "decide", "effects", "heartbeat"}
SOON: Final = dt.timedelta(seconds=30)  # when the one schedule fires first
PATIENCE: Final = 60.0  # seconds for what takes five on an idle machine
Stack = tuple[SyncPrefectClient, Hub, Sandbox]
PAGE: Final = "facebook_page"
BATCH: Final = r"/graph/v\d+\.\d+/$"


class Screens:
    """The UI in a browser, the hub behind it, and the outside."""

    def __init__(
        self, page: Page, ui: str, client: SyncPrefectClient, hub: Hub, sandbox: Sandbox, folder: Path
    ) -> None:
        self.page, self.ui, self.client = page, ui, client
        self.hub, self.sandbox, self._folder = hub, sandbox, folder

    def press(self, deployment: str) -> None:
        """A run of it, by its *Quick run*."""
        self.open(deployment)
        self.menu("Run", "Quick run")

    def open(self, deployment: str) -> None:
        self.page.goto(f"{self.ui}/v2/deployments")
        self.page.get_by_placeholder("Search deployments").fill(deployment)
        self.page.wait_for_url(f"**DeploymentName={deployment}")  # a click before it is lost
        self.page.get_by_role("link", name=deployment, exact=True).click()
        expect(self.page.get_by_role("button", name="Run", exact=True)).to_be_visible()

    def menu(self, button: str, item: str) -> None:
        self.page.get_by_role("button", name=button, exact=True).click()
        self.page.get_by_role("menuitem", name=item, exact=True).click()

    def run(self, name: str, state: str) -> FlowRun:
        """The newest run of this name, once it is in this state, looked at from the list of runs."""

        def found() -> FlowRun | None:
            named = FlowRunFilter(name=FlowRunFilterName(any_=[name]))
            runs = self.client.read_flow_runs(flow_run_filter=named, sort=FlowRunSort.START_TIME_DESC)
            return runs[0] if runs and runs[0].state_name == state else None

        run = until(found)
        self.page.goto(self.ui)
        self.page.get_by_role("link", name="Runs", exact=True).click()
        listed = self.page.get_by_role(
            "link", name=name, exact=True
        )  # others have its name: a schedule's next
        listed.and_(self.page.locator(f"a[href*='{run.id}']")).first.click()
        self.page.wait_for_url(f"**/flow-run/{run.id}**")
        expect(self.page.get_by_role("tab", name="Logs")).to_be_visible()
        expect(self.page.get_by_text(state, exact=True).first).to_be_visible()
        return run

    def until_ended(self, run: FlowRun) -> str:
        """The state that it comes to after the one it is in."""
        assert run.state
        before = run.state.id

        def after() -> str | None:
            state = self.client.read_flow_run(run.id).state
            return state.name if state and state.is_final() and state.id != before else None

        return until(after)

    def shot(self, name: str) -> None:
        self.page.screenshot(path=self._folder / f"{name}.png")

    def posts(self) -> int:
        found: int = self.sandbox.truth()["graph"]["posts"]
        return found


@pytest.fixture(scope="module")
def stack(ops: Operations) -> Iterator[Stack]:
    """A worker, a catalogue of forty offers, and the deployments that are pressed; of schedules the heartbeat's alone."""
    name = fresh_name("screens")
    ops.postgres.create_database(name)
    region = Region(ops.postgres.url(name))
    migrations.upgrade(region)
    with running(create_app(None, jobs=25, trainings=15)) as base, ops.client() as client:
        sandbox = Sandbox(base)
        hub = Hub(region, settings_of(sandbox, ops.home))
        before, ops.environment = ops.environment, {**hub.environment(), "BOOSTEZ_GUARD_RUN_FLOOR": "3"}
        hub.take_in()
        hub.put_out(PAGE)
        register(client, pressed(ops.home))
        worker = ops.start("worker", "worker", "--name", "screens")
        yield client, hub, sandbox
        worker.check()
        end([worker.mark])
        ops.environment = before
        sandbox.http.close()
    region.dispose()


def pressed(folder: Path) -> list[Thing]:
    """What is registered: the buttons of these tests, and the heartbeat, which a schedule starts soon."""
    document = yaml.safe_load(FILE.read_text("utf-8"))
    kept = [each for each in document["deployments"] if each["name"] in PRESSED]
    soon = (dt.datetime.now(dt.UTC) + SOON).isoformat()
    for each in kept:
        each.pop("schedules", None)
        if each["name"] == "heartbeat":
            each["schedules"] = [{"interval": 120, "anchor_date": soon, "timezone": "UTC", "slug": "soon"}]
    file = folder / "prefect.yaml"
    file.write_text(yaml.safe_dump({**document, "deployments": kept}), "utf-8")
    return [thing for thing in declared(file) if thing.kind != "automation"]


@pytest.fixture
def screens(stack: Stack, ops: Operations, browser: Browser, tmp_path: Path) -> Iterator[Screens]:
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.set_default_timeout(PATIENCE * 1000)
    expect.set_options(timeout=PATIENCE * 1000)
    yield Screens(page, ops.api.removesuffix("/api"), *stack, tmp_path)
    page.screenshot(path=tmp_path / "last.png")
    page.close()
    expect.set_options(timeout=None)
    stack[2].http.delete("/faults").raise_for_status()


def test_a_sync_that_failed_says_what_to_do_and_is_retried(screens: Screens) -> None:
    screens.sandbox.fault("/v1/offers$", "html", times=100)
    screens.sandbox.tell("/contractor/change", count=3)
    written = screens.sandbox.truth()["graph"]["updated"]
    screens.press("full")

    failed = screens.run("contractor full", "Failed")
    log = screens.page.get_by_role("log")
    expect(log).to_contain_text("gave no good answer")
    expect(log).to_contain_text("BOOSTEZ_CONTRACTOR_URL")
    screens.shot("failed")
    screens.sandbox.http.delete("/faults").raise_for_status()
    screens.menu("Open menu", "Retry")
    screens.page.get_by_role("alertdialog").get_by_role("button", name="Retry").click()

    assert screens.until_ended(failed) == "Completed"
    screens.run("contractor full", "Completed")
    screens.shot("retried")
    assert screens.sandbox.truth()["graph"]["updated"] > written


def test_a_replay_is_a_form_with_choices_and_its_artifact_says_what_was_done(screens: Screens) -> None:
    screens.sandbox.tell("/contractor/change", count=3)
    screens.hub.take_in("incremental")
    screens.sandbox.fault(BATCH, "item_error", method="POST", item=0, code=100)
    screens.hub.put_out(PAGE)
    assert screens.sandbox.hits() == 1

    screens.open("effects")
    screens.menu("Run", "Custom run")
    expect(screens.page.get_by_text("Only this channel; None: all.")).to_be_visible()
    screens.page.get_by_role("textbox", name="by").fill("Ada")
    for which, chosen in enumerate((PAGE, "content")):
        screens.page.get_by_role("tab", name="one", exact=True).nth(which).click()
        screens.page.get_by_role("button", name="Select one", exact=True).nth(which).click()
        screens.page.get_by_role("option", name=chosen, exact=True).click()
    screens.page.get_by_role("switch", name="dry_run").click()
    screens.shot("form")
    screens.page.get_by_role("button", name="Submit").click()

    screens.run(f"replay effects, {PAGE}, content", "Completed")
    screens.page.get_by_role("tab", name="Artifacts").click()
    screens.page.get_by_role("link").filter(has_text="1 effect replayed").click()
    screens.page.get_by_role("link", name=re.compile("^[0-9a-f]{8}$")).first.click()
    expect(screens.page.get_by_role("heading", name="1 effect replayed")).to_be_visible()
    expect(screens.page.get_by_role("row", name=f"{PAGE} 0 1 0 0 0")).to_be_visible()
    screens.shot("replayed")


def test_the_officer_reads_why_a_plan_was_stopped_and_approves_it_and_it_is_carried_out(
    screens: Screens,
) -> None:
    before = screens.posts()
    screens.sandbox.tell("/contractor/truncate", keep=12)
    screens.press("full")

    suspended = screens.run("decide contractor: 28 withdrawals", "Suspended")
    assert screens.posts() == before
    expect(screens.page.get_by_role("log")).to_contain_text("press ⋮ at the top right of this page")
    screens.menu("Open menu", "Resume")
    form = screens.page.get_by_role("dialog")
    expect(form).to_contain_text("The snapshot holds 12 offers, the last good one 40")
    expect(form.get_by_role("listitem").filter(has_text="would be withdrawn: 28")).to_be_visible()
    assert form.get_by_role("listitem").filter(has_text="-0000").count() == plans.EXAMPLES
    form.get_by_role("button", name="Select Verdict").click()
    screens.page.get_by_role("option", name="approve").click()
    form.get_by_role("textbox", name="Reason").fill("Le prestataire l’a annoncé.")
    form.get_by_role("textbox", name="By").fill("Camille")
    screens.shot("form")
    form.get_by_role("button", name="Resume").click()

    assert screens.until_ended(suspended) == "Completed"
    screens.run(suspended.name, "Completed")
    expect(screens.page.get_by_role("log")).to_contain_text(
        "approved by Camille (Le prestataire l’a annoncé.)"
    )
    screens.shot("decided")
    screens.hub.take_in()
    screens.hub.put_out(PAGE)
    assert screens.posts() == before - 28


def test_a_run_that_a_schedule_started_is_named_after_what_it_does(screens: Screens) -> None:
    assert "auto-scheduled" in screens.run("sign of life", "Completed").tags
