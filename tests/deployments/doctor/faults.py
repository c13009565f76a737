"""Faults, each planted in something real and taken away again: what a case looks like meanwhile."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from prefect.client.schemas.actions import DeploymentUpdate, WorkPoolUpdate
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
)
from prefect.client.schemas.objects import State
from prefect.settings import get_current_settings
from prefect.states import Pending, Running, Scheduled
from prefect.workers.process import ProcessWorker
from pydantic import SecretStr
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.region import migrations
from connectors.region.access import acts
from connectors.region.database import Region
from connectors.region.upkeep.metrics import Measure
from deployments.declared import POOL, declared
from deployments.deploy import register
from deployments.doctor.examining import Case
from deployments.stack import gateway_of
from portal.app import create_app as create_portal
from portal.metrics import registry_of, serve
from sandbox.app import create_app
from sandbox.keys import Keys
from sandbox.server import running
from schemas.errors import Unreachable
from tests.conftest import TestServer, fresh_name
from tests.deployments.doctor.conftest import WORKER, Stand, schedule
from tests.hands import sql
from tests.makers import NOON
from tests.ports import free_port

Plant = Callable[["Ground"], AbstractContextManager[Case]]
PRESSED: Final = {
    "name": "J-1",
    "reason": "for a test",
    "by": "Camille",
}  # whoever withdraws an offer says so
PLANTS: Final[dict[str, tuple[Plant, str, str, str]]] = {}
"""By the fault's name: how it is planted, the check that finds it, a word of what it saw, and of what is to be done."""


class Ground:
    """Where a fault is planted."""

    def __init__(
        self, stand: Stand, server: TestServer, template: str, folder: Path, patch: pytest.MonkeyPatch
    ) -> None:
        self.stand, self.server, self.template, self.folder, self.patch = (
            stand,
            server,
            template,
            folder,
            patch,
        )

    @contextmanager
    def database(self, *, heartbeat: bool = True) -> Iterator[Region]:
        """A database of the fault's own."""
        name = fresh_name("fault")
        self.server.create_database(name, self.template)
        region = Region(self.server.url(name))
        if heartbeat:
            sql(region, "INSERT INTO run (flow, finished_at) VALUES ('heartbeat', now())")
        yield region
        region.dispose()
        self.server.drop_database(name)


def fault(finds: str, seen: str, todo: str) -> Callable[[Callable[[Ground], Iterator[Case]]], Plant]:
    def planted(plant: Callable[[Ground], Iterator[Case]]) -> Plant:
        made = contextmanager(plant)
        PLANTS[plant.__name__] = made, finds, seen, todo
        return made

    return planted


# Settings


@fault("names of settings", "is it BOOSTEZ_FACEBOOK_TOKEN", "README.md")
def a_setting_with_a_typo(ground: Ground) -> Iterator[Case]:
    yield ground.stand.but(environment={"BOOSTEZ_FACBOOK_TOKEN": "x", "BOOSTEZ_ROOT": "/", "HOME": "/root"})


@fault("stand-ins", "BOOSTEZ_FACEBOOK_GRAPH_URL is the sandbox", "renew the token")
def a_real_token_that_is_sent_to_the_sandbox(ground: Ground) -> Iterator[Case]:
    with running(create_app(None, jobs=1, trainings=1, keys=Keys(page_token="EAAG-real"))) as base:
        yield ground.stand.with_settings(facebook_graph_url=f"{base}/graph", facebook_token="EAAG-real")


@fault("files of settings", "BOOSTEZ_BOUNCES", "letters-come-back.md")
def a_mailbox_that_is_not_there(ground: Ground) -> Iterator[Case]:
    yield ground.stand.with_settings(bounces=ground.folder / "Maildir")


@fault("reviewed files", "no channel minitel", "Mend the file")
def a_channel_that_there_is_not(ground: Ground) -> Iterator[Case]:
    file = ground.folder / "channels.toml"
    file.write_text('[minitel]\nkinds = ["job"]\nbudget = "all"\n')
    yield ground.stand.with_settings(channels_file=file)


# The machine


@fault("packages", "sqlalchemy 2.1.9", "requirements.txt")
def a_sqlalchemy_with_which_no_schedule_fires(ground: Ground) -> Iterator[Case]:
    folder = ground.folder / "sqlalchemy-2.1.9.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: sqlalchemy\nVersion: 2.1.9\n")
    ground.patch.syspath_prepend(ground.folder)
    yield ground.stand.case


@fault("room on disks", "GB free", "Free")
def a_disk_that_is_nearly_full(ground: Ground) -> Iterator[Case]:
    yield ground.stand.but(least=2**60)


# The database


@fault("database", "does not answer", "BOOSTEZ_DATABASE_URL")
def a_database_that_is_away(ground: Ground) -> Iterator[Case]:
    region = Region(f"postgresql://boostez@127.0.0.1:{free_port()}/boostez")
    yield ground.stand.but(region=region)
    region.dispose()


@fault("database keeps what it confirms", "synchronous_commit = off", "restore.md")
def a_database_that_forgets_in_a_power_cut(ground: Ground) -> Iterator[Case]:
    with ground.database() as region:
        name = region.engine.url.database
        sql(region, f'ALTER DATABASE "{name}" SET synchronous_commit = off')
        region.engine.dispose()
        yield ground.stand.but(region=region)


@fault("tables", "version 0007", "`boostez db upgrade`")
def tables_of_an_older_release(ground: Ground) -> Iterator[Case]:
    with ground.database() as region:
        migrations.downgrade(region, "0007")
        yield ground.stand.but(region=region)


@fault("extensions", "unaccent", "CREATE EXTENSION unaccent")
def an_extension_that_was_dropped(ground: Ground) -> Iterator[Case]:
    with ground.database() as region:
        sql(region, "DROP EXTENSION unaccent CASCADE")
        yield ground.stand.but(region=region)


@fault("heartbeat", "the last at", "hub-silent.md")
def a_heart_that_beats_no_more(ground: Ground) -> Iterator[Case]:
    with ground.database() as region:
        sql(region, "UPDATE run SET finished_at = now() - interval '1 hour'")
        yield ground.stand.but(region=region)


# Prefect


@fault("Prefect", "ConnectError", "`boostez up`")
def a_server_of_prefect_s_that_is_away(ground: Ground) -> Iterator[Case]:
    yield ground.stand.but(prefect=f"http://127.0.0.1:{free_port()}/api")


@fault("access to Prefect", "does not let us in", "PREFECT_API_AUTH_STRING")
def a_server_with_another_password(ground: Ground) -> Iterator[Case]:
    async def answer(request: Request) -> Response:
        is_open = request.url.path == "/api/health"
        return JSONResponse(
            is_open, 200 if is_open else 401, {"Date": format_datetime(dt.datetime.now(dt.UTC))}
        )

    routes = [Route("/api/{path:path}", answer, methods=["GET", "POST"])]
    with running(Starlette(routes=routes)) as base:
        yield ground.stand.but(prefect=f"{base}/api", prefect_auth="admin:of-last-year")


@fault("work pool", "is paused", "work-pool resume")
def a_pool_that_somebody_paused(ground: Ground) -> Iterator[Case]:
    client = ground.stand.client
    client.update_work_pool(POOL, WorkPoolUpdate(is_paused=True))
    yield ground.stand.case
    client.update_work_pool(POOL, WorkPoolUpdate(is_paused=False))


@fault("worker", "no worker ever", "`boostez worker")
def no_worker(ground: Ground) -> Iterator[Case]:
    where = {"work_pool_name": POOL, "name": WORKER}
    ask(ground, "DELETE", "/work_pools/{work_pool_name}/workers/{name}", path_params=where)
    yield ground.stand.case
    ground.stand.poll()


@fault("deployments", "withdraw", "`boostez deploy`")
def a_button_that_is_not_there(ground: Ground) -> Iterator[Case]:
    client = ground.stand.client
    client.delete_deployment(ground.stand.deployment("withdraw").id)
    yield ground.stand.case
    register(client, declared())


@fault("deployments", "replay-quarantine/quarantine (concurrency_limit, tags)", "`boostez deploy`")
def a_limit_that_somebody_took_off(ground: Ground) -> Iterator[Case]:
    client, number = ground.stand.client, ground.stand.deployment("quarantine").id
    client.update_deployment(number, DeploymentUpdate(concurrency_limit=7, tags=["boostez"]))
    yield ground.stand.case
    register(client, declared())


@fault("deployments", "automation boostez: a run died (not there)", "`boostez deploy`")
def an_automation_that_is_gone(ground: Ground) -> Iterator[Case]:
    client = ground.stand.client
    client.delete_automation(client.read_automations_by_name("boostez: a run died")[0].id)
    yield ground.stand.case
    register(client, declared())


@fault("deployments", "switched off: boostez: a run died", "Switch it on")
def an_automation_that_was_left_switched_off(ground: Ground) -> Iterator[Case]:
    """What people pause stays paused, whatever is deployed: nothing else tells that runs which die are left dead."""
    client = ground.stand.client
    (found,) = client.read_automations_by_name("boostez: a run died")
    client.pause_automation(found.id)
    yield ground.stand.case
    client.resume_automation(found.id)


@fault("deployments", "work pool boostez (variable env)", "`boostez deploy`")
def a_pool_of_another_release(ground: Ground) -> Iterator[Case]:
    client = ground.stand.client
    update = WorkPoolUpdate(base_job_template=ProcessWorker.get_default_base_job_template())
    client.update_work_pool(POOL, update)
    yield ground.stand.case
    register(client, declared())


@fault("deployments", "paused: retention", "Resume")
def a_schedule_that_was_left_paused(ground: Ground) -> Iterator[Case]:
    found = ground.stand.deployment("retention")
    (night,) = found.schedules
    ground.stand.client.update_deployment_schedule(found.id, night.id, active=False)
    yield ground.stand.case
    ground.stand.client.update_deployment_schedule(found.id, night.id, active=True)
    schedule(ground.stand.client, found.id)


@fault("deployments", "ahead of: settle", "fastapi and sqlalchemy")
def a_scheduler_that_plans_nothing(ground: Ground) -> Iterator[Case]:
    found, client = ground.stand.deployment("settle"), ground.stand.client
    of = FlowRunFilter(deployment_id=FlowRunFilterDeploymentId(any_=[found.id]))
    for run in client.read_flow_runs(flow_run_filter=of):
        client.delete_flow_run(run.id)
    yield ground.stand.case
    schedule(ground.stand.client, found.id)


@fault("late runs", "1 runs are late", "`boostez worker")
def a_run_that_nobody_starts(ground: Ground) -> Iterator[Case]:
    found, client = ground.stand.deployment("withdraw"), ground.stand.client
    late: State[Any] = Scheduled(name="Late", scheduled_time=dt.datetime.now(dt.UTC) - dt.timedelta(hours=1))
    run = client.create_flow_run_from_deployment(found.id, state=late, parameters=PRESSED)
    yield ground.stand.case
    client.delete_flow_run(run.id)


@fault("stuck runs", "without a sign of life", "Cancel it")
def a_run_that_is_said_to_run(ground: Ground) -> Iterator[Case]:
    """Its worker was killed, and with it whoever would have said so."""
    with long_run(ground.stand, Running()):
        yield ground.stand.case


@fault("stuck runs", "1 runs are under way without a sign of life: withdraw", "runs-crashed.md")
def a_run_that_never_begins(ground: Ground) -> Iterator[Case]:
    """Its worker was killed while it started it: such a run has no beginning, and was not looked for."""
    with long_run(ground.stand, Pending()):
        yield ground.stand.case


# Outside


@fault("contractor", "does not know this client", "contractor-unreachable.md")
def a_contractor_who_knows_us_no_more(ground: Ground) -> Iterator[Case]:
    yield ground.stand.with_settings(contractor_client_secret="of-last-year-0123")


@fault("contractor", "ahead of ours", "NTP")
def a_contractor_whose_clock_is_an_hour_ahead(ground: Ground) -> Iterator[Case]:
    with running(create_app(None, jobs=1, trainings=1)) as base:
        httpx.post(f"{base}/_sandbox/clock", json={"advance_seconds": 3600}).raise_for_status()
        yield ground.stand.with_settings(contractor_url=base)


@fault("Facebook", "the token is of 200000000000002", "a person's looks the same")
def a_token_of_the_wrong_kind(ground: Ground) -> Iterator[Case]:
    """It looks healthy: Graph answers it, and tells whose it is."""
    ground.stand.sandbox.tell("/settings", own_page="200000000000002")
    yield ground.stand.case
    ground.stand.sandbox.tell("/settings", own_page=ground.stand.case.settings.facebook_page_id)


@fault("Facebook", "until 2020-01-01", "Renew")
def a_token_that_has_ended(ground: Ground) -> Iterator[Case]:
    end = int(dt.datetime(2020, 1, 1, tzinfo=dt.UTC).timestamp())
    ground.stand.sandbox.tell("/settings", token_expires=end)
    yield ground.stand.case
    ground.stand.sandbox.tell("/settings", token_expires=0)


@fault("mail relay", "does not answer", "BOOSTEZ_SMTP_URL")
def a_relay_that_is_away(ground: Ground) -> Iterator[Case]:
    yield ground.stand.with_settings(smtp_url=SecretStr(f"smtp://127.0.0.1:{free_port()}"))


@fault("mail relay", "broke off", "BOOSTEZ_SMTP_URL")
def a_relay_that_does_not_encrypt(ground: Ground) -> Iterator[Case]:
    relay = ground.stand.case.settings.smtp_url
    assert relay is not None
    encrypted = relay.get_secret_value().replace("smtp:", "smtp+tls:")
    yield ground.stand.with_settings(smtp_url=SecretStr(encrypted))


@fault("SMS gateway", "no address that Apprise knows", "connectors/sms/README.md")
def a_gateway_without_a_place_for_the_number(ground: Ground) -> Iterator[Case]:
    yield ground.stand.with_settings(sms_url=SecretStr("json://127.0.0.1/sms"))


@fault("SMS gateway", "does not answer", "BOOSTEZ_SMS_URL")
def a_gateway_that_is_away(ground: Ground) -> Iterator[Case]:
    away = gateway_of(f"http://127.0.0.1:{free_port()}")
    yield ground.stand.with_settings(sms_url=SecretStr(away))


@fault("alerts", "does not know address 2 of 2", "apprise")
def an_alert_that_goes_nowhere(ground: Ground) -> Iterator[Case]:
    good = ground.stand.case.settings.alert_urls
    yield ground.stand.with_settings(alert_urls=[*good, SecretStr("slakc://secret/of/ours")])


@fault("calendars", "no calendar home", "officials-calendars.md")
def a_calendar_server_that_is_none(ground: Ground) -> Iterator[Case]:
    yield ground.stand.with_settings(caldav_url=f"{ground.stand.sandbox.base}/calendars")


@fault("identity provider", "set what it says", "access.md")
def an_identity_provider_that_is_another(ground: Ground) -> Iterator[Case]:
    yield ground.stand.with_settings(oidc_issuer=f"{ground.stand.sandbox.base}/identity/")


@fault("log of acts", "Row 1 is not what was written", "access.md")
def an_act_that_somebody_edited(ground: Ground) -> Iterator[Case]:
    region = ground.stand.case.region
    assert region is not None
    with region.begin() as connection:
        acts.note(connection, "approved", "posting", [1], "Ada", NOON)
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("UPDATE act SET by = 'Bo'"))
    try:
        yield ground.stand.case
    finally:
        with region.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            connection.execute(text("DELETE FROM act"))


@fault("feeds", "cannot be reached", "BOOSTEZ_FEEDS_URL")
def a_folder_that_takes_no_file(ground: Ground) -> Iterator[Case]:
    file = ground.folder / "feeds"
    file.write_text("a file is no folder, for root neither")
    yield ground.stand.with_settings(feeds_url=f"file://{file}")


@fault("portal", "gave no good answer", "`boostez portal`")
def a_portal_that_is_away(ground: Ground) -> Iterator[Case]:
    yield ground.stand.with_settings(portal_url=f"http://127.0.0.1:{free_port()}")


@fault("portal", "version 0007", "hub-silent.md")
def a_portal_over_tables_of_an_older_release(ground: Ground) -> Iterator[Case]:
    with ground.database() as region:
        migrations.downgrade(region, "0007")
        with running(create_portal(region, ground.stand.case.settings)) as base:
            yield ground.stand.with_settings(portal_url=base)


@fault("metrics", "gave no good answer", "BOOSTEZ_METRICS_PORT")
def metrics_that_nobody_serves(ground: Ground) -> Iterator[Case]:
    yield ground.stand.with_settings(metrics_port=free_port())


@fault("metrics", "without the database's numbers", "hub-silent.md")
def metrics_without_a_database(ground: Ground) -> Iterator[Case]:
    def read() -> list[Measure]:
        raise Unreachable("it is away")

    port = free_port()
    end = serve("127.0.0.1", port, registry_of(read))
    yield ground.stand.with_settings(metrics_port=port)
    end()


@fault("traces", "Nobody answers at OTEL_EXPORTER_OTLP_ENDPOINT", "collector")
def a_collector_that_is_away(ground: Ground) -> Iterator[Case]:
    yield ground.stand.but(environment={"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{free_port()}"})


@contextmanager
def long_run(stand: Stand, state: State[Any]) -> Iterator[Any]:
    """A run that has been in a state for an hour; only Prefect's own database can tell it so at once."""
    run = stand.client.create_flow_run_from_deployment(stand.deployment("withdraw").id, parameters=PRESSED)
    stand.client.set_flow_run_state(run.id, state, force=True)
    address = get_current_settings().server.database.connection_url
    assert address is not None
    with sqlite3.connect(address.get_secret_value().partition(":///")[2]) as prefect:
        changed = prefect.execute(
            "UPDATE flow_run_state SET timestamp = strftime('%Y-%m-%d %H:%M:%f000', timestamp, '-1 hour') "
            "WHERE id IN (SELECT state_id FROM flow_run WHERE state_type = ?)",
            [state.type.value],
        )
        assert changed.rowcount == 1
    yield run
    stand.client.delete_flow_run(run.id)


def ask(ground: Ground, method: Any, path: Any, **more: Any) -> None:
    ground.stand.client.request(method, path, **more)
