from __future__ import annotations

import asyncio
import pkgutil
import signal
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prefect.settings.base import PrefectBaseSettings
from pydantic import SecretStr

from connectors.settings import Settings
from deployments import orchestration, prefect_services
from schemas.errors import Misconfigured

PASSWORD = "correct horse battery"
REGION = "postgresql://prefect:p%40ss@db.region.example/prefect?ssl=require"


def chosen(**given: Any) -> Settings:
    return Settings(**{"prefect_database_url": None, "redis_url": None, "prefect_password": None} | given)


def test_on_a_laptop_no_password_is_asked_but_pages_of_others_are_refused() -> None:
    told = orchestration.server(chosen(prefect_port=4999), REGION)
    assert "PREFECT_SERVER_API_AUTH_STRING" not in told
    assert told["PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED"] == "true"
    assert told["PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS"] == "http://127.0.0.1:4999"
    assert told["PREFECT_SERVER_UI_API_URL"] == "http://127.0.0.1:4999/api"


def test_server_and_clients_have_the_same_key() -> None:
    settings = chosen(prefect_password=SecretStr(PASSWORD))
    server, client = orchestration.server(settings, REGION), orchestration.client(settings)
    assert (
        server["PREFECT_SERVER_API_AUTH_STRING"] == client["PREFECT_API_AUTH_STRING"] == f"boostez:{PASSWORD}"
    )


def test_the_ui_calls_the_address_that_browsers_see() -> None:
    told = orchestration.server(chosen(prefect_public_url="https://prefect.region.example"), REGION)
    assert told["PREFECT_SERVER_UI_API_URL"] == "https://prefect.region.example/api"
    assert told["PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS"] == "https://prefect.region.example"


def test_whatever_of_theirs_calls_a_redis_calls_the_one_that_they_share(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is to be cleaned up after workers had an address of its own: localhost, which failed every three seconds."""
    address = "redis://:x@r:6379/0"
    told = orchestration.server(chosen(redis_url=SecretStr(address)), REGION)
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    kinds = {
        kind
        for module in pkgutil.iter_modules(import_module("prefect_redis").__path__, "prefect_redis.")
        for kind in vars(import_module(module.name)).values()
        if isinstance(kind, type) and issubclass(kind, PrefectBaseSettings) and "url" in kind.model_fields
    }
    assert len(kinds) == 2
    assert {getattr(kind(), "url", None) for kind in kinds} == {address}


def test_services_that_are_told_to_end_end_as_by_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    """They knew SIGINT alone, and in a pod, as its first process, they heard nothing."""

    async def serve() -> None:
        signal.raise_signal(signal.SIGTERM)
        await asyncio.sleep(60)

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(prefect_services, "app", lambda: asyncio.run(serve()))
    try:
        with pytest.raises(KeyboardInterrupt):
            prefect_services.main()
    finally:
        signal.signal(signal.SIGTERM, before)


def test_what_servers_share_is_on_redis_or_all_in_memory() -> None:
    shared = orchestration.server(chosen(redis_url=SecretStr("redis://:x@r:6379/0")), REGION)
    alone = orchestration.server(chosen(), REGION)
    places = {name for name, value in shared.items() if value.startswith(("prefect_redis.", "redis://"))}
    assert len(places) == 8
    assert places.isdisjoint(alone)


@pytest.mark.parametrize("driver", ["", "+psycopg", "+asyncpg"])
def test_prefect_s_database_is_reached_by_the_driver_that_it_has(driver: str) -> None:
    told = orchestration.server(chosen(), REGION.replace("postgresql", f"postgresql{driver}"))
    assert told["PREFECT_SERVER_DATABASE_CONNECTION_URL"] == REGION.replace(
        "postgresql", "postgresql+asyncpg"
    )


@given(st.from_regex(r"[a-z]{1,8}(\+[a-z]{1,8})?://[a-z:@/]{0,20}", fullmatch=True))
def test_an_address_keeps_all_but_its_driver_or_is_refused(address: str) -> None:
    try:
        told = orchestration.server(chosen(), address)["PREFECT_SERVER_DATABASE_CONNECTION_URL"]
    except Misconfigured:
        assert urlsplit(address).scheme.split("+")[0] not in {"postgres", "postgresql"} or address.endswith(
            "://"
        )
    else:
        assert told.split("://", 1) == ["postgresql+asyncpg", address.split("://", 1)[1]]


@pytest.mark.parametrize("address", ["sqlite:///prefect.db", "db.region.example", "postgresql://"])
def test_a_database_that_is_no_postgresql_is_refused_and_not_shown(address: str) -> None:
    with pytest.raises(Misconfigured, match=r"^BOOSTEZ_PREFECT_DATABASE_URL: ") as refused:
        orchestration.server(chosen(), address)
    assert "region" not in str(refused.value)
