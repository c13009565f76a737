"""A hub where all is well, for doctors to look at: everything real, and one Prefect server for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Final, cast

import msgspec
import prefect
import pytest
from prefect.client.orchestration import SyncPrefectClient
from pydantic import SecretStr

from connectors import clock
from connectors.region.database import Region
from connectors.region.upkeep import condition
from connectors.settings import Settings
from deployments.declared import POOL, declared
from deployments.deploy import register
from deployments.doctor.every import CHECKS
from deployments.doctor.examining import Case, Result, examine
from deployments.stack import gateway_of
from portal.app import create_app as create_portal
from portal.metrics import registry_of, serve
from sandbox.app import create_app
from sandbox.server import running
from tests.conftest import fresh_name
from tests.databases import Databases
from tests.ports import free_port
from tests.worlds import Sandbox

WORKER: Final = "one that polls"


class Stand:
    """The hub, and what is needed to plant a fault in it."""

    def __init__(self, case: Case, sandbox: Sandbox, client: SyncPrefectClient) -> None:
        self.case, self.sandbox, self.client = case, sandbox, client

    def with_settings(self, **other: Any) -> Case:
        """The case with other settings, read as they are from the environment."""
        given = {name: getattr(self.case.settings, name) for name in self.case.settings.model_fields_set}
        return msgspec.structs.replace(self.case, settings=Settings(**{**given, **other}))

    def but(self, **other: Any) -> Case:
        return msgspec.structs.replace(self.case, **other)

    def poll(self) -> None:
        self.client.send_worker_heartbeat(POOL, WORKER)

    def deployment(self, name: str) -> Any:
        (found,) = [each for each in self.client.read_deployments() if each.name == name]
        return found


def examined(case: Case) -> dict[str, Result]:
    return {result.name: result for result in examine(CHECKS, case)}


def schedule(client: SyncPrefectClient, deployment: Any) -> None:
    """Runs ahead of it for as long as the tests take, without waiting for the scheduler."""
    route = cast(Any, "/deployments/{id}/schedule")  # one that the client's list of names lacks
    client.request("POST", route, path_params={"id": deployment}, json={"min_time": 1800, "min_runs": 1})


def forget(client: SyncPrefectClient) -> None:
    """Other tests have this server after us: no automation acts on their runs."""
    for automation in client.read_automations():
        client.delete_automation(automation.id)


@pytest.fixture(scope="module")
def stand(
    prefect_server: None, databases: Databases, postgres_server: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stand]:
    """Where every check is good or has nothing to ask."""
    assert prefect_server is None  # it is the one of prefect's settings
    home = tmp_path_factory.mktemp("home")
    (home / "feeds").mkdir()
    api = prefect.settings.get_current_settings().api.url
    assert api is not None
    with ExitStack() as ending:
        name, uses = databases.take(fresh_name("doctor"))
        ending.callback(databases.give_back, name, uses)
        region = Region(postgres_server.url(name))
        ending.callback(region.dispose)
        condition.beat(region)
        base = ending.enter_context(running(create_app(None, jobs=2, trainings=2)))
        sandbox = Sandbox(base)
        ending.callback(sandbox.http.close)
        port = free_port()
        metrics_port = free_port()
        registry = registry_of(list)
        ending.callback(serve("127.0.0.1", metrics_port, registry))
        settings = Settings(
            home=home,
            metrics_port=metrics_port,
            contractor_url=base,
            facebook_graph_url=f"{base}/graph",
            facebook_app_secret=SecretStr("sandbox-app-secret"),
            portal_url=f"http://127.0.0.1:{port}",
            alert_urls=[SecretStr(f"{base.replace('http:', 'json:')}/inbox")],
            smtp_url=SecretStr(f"smtp://127.0.0.1:{sandbox.truth()['mails']['port']}"),
            sms_url=SecretStr(gateway_of(base)),
        )
        ending.enter_context(running(create_portal(region, settings), port))
        client = ending.enter_context(SyncPrefectClient(api))
        register(client, declared())
        ending.callback(forget, client)
        for each in client.read_deployments():
            if each.schedules:
                schedule(client, each.id)
        stand = Stand(Case(settings, {}, region, api, None, clock.now, least=1), sandbox, client)
        stand.poll()
        yield stand
