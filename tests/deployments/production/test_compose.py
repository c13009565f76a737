"""compose.yaml: what Compose takes, and that each part has what it needs, no more, and no password that anybody knows.

compose-spec.json is the Compose specification's own schema (compose-spec/compose-spec 170098b, Apache License 2.0).
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from connectors.settings import ROOT
from deployments.container.make_secrets import drawn
from deployments.production import MAY, NEEDS
from tests.deployments.production.files import CONTAINER, parse, read, run

FILE = CONTAINER / "compose.yaml"
COMPOSE: dict[str, Any] = read(FILE)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "boostez" in service["image"]}
PART = {"portal": "portal", "prefect-server": "server", "prefect-services": "services", "worker": "worker"}


def test_it_is_what_the_specification_takes() -> None:
    schema = json.loads(Path(__file__).with_name("compose-spec.json").read_text("utf-8"))
    Draft7Validator.check_schema(schema)
    assert [error.message for error in Draft7Validator(schema).iter_errors(COMPOSE)] == []


def test_compose_itself_takes_it(tmp_path: Path) -> None:
    compose = ["docker", "compose"]
    if (
        not shutil.which("docker")
        or subprocess.run([*compose, "version"], capture_output=True, check=False).returncode
    ):
        pytest.skip(
            "no Docker client with Compose is here: compose.yaml is held against the specification's schema alone"
        )
    settings = tmp_path / "settings.env"
    example = (CONTAINER / "settings.env.example").read_text("utf-8")
    settings.write_text(re.sub(r"=$", "=x", example, flags=re.MULTILINE), "utf-8")
    told = run(*compose, "--env-file", str(settings), "--file", str(FILE), "config", "--services")
    assert set(told.split()) == set(SERVICES)


@pytest.mark.parametrize("name", PART)
def test_a_part_is_given_what_it_refuses_to_start_without(name: str) -> None:
    service = SERVICES[name]
    given = {*service["environment"], *(secret.upper() for secret in service["secrets"])}
    assert {f"BOOSTEZ_{setting.upper()}" for setting in NEEDS[PART[name]]} <= given


@pytest.mark.parametrize("name", PART)
def test_a_part_is_given_no_secret_of_another_s(name: str) -> None:
    wanted = {f"boostez_{setting}" for setting in NEEDS[PART[name]] + MAY.get(PART[name], ())}
    more = {"boostez_database_url"} if name == "worker" else set()
    assert set(SERVICES[name]["secrets"]) <= wanted | more


@pytest.mark.parametrize("name", OURS)
def test_what_a_part_runs_is_a_command_of_ours(name: str) -> None:
    service = OURS[name]
    words = service.get("command", [])
    shell = service.get("entrypoint") == ["sh", "-euc"]
    told = re.findall(r"boostez ([a-z0-9 -]+)", words[0]) if shell else [" ".join(words)]
    assert told
    for each in filter(None, told):
        parse(each.split())


@pytest.mark.parametrize("name", OURS)
def test_a_file_that_a_part_runs_is_there(name: str) -> None:
    service = OURS[name]
    commands = [
        service.get("healthcheck", {}).get("test", []),
        *(each["command"] for each in service.get("pre_stop", [])),
    ]
    named = [word for command in commands for word in command if word.endswith(".py")]
    assert all((ROOT / word).is_file() for word in named)


def test_only_the_proxy_is_open_and_no_database_is_on_a_network_that_leads_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    closed = {name for name, network in COMPOSE["networks"].items() if network.get("internal")}
    outside = {name for name, service in SERVICES.items() if set(service["networks"]) - closed}
    assert outside == {"worker", "proxy", "portal"}
    assert set(SERVICES["proxy"]["networks"]).isdisjoint(SERVICES["postgres"]["networks"])


def test_the_portal_believes_the_proxy_alone_whose_address_nobody_is_given_before_it() -> None:
    """Addresses are given from the first on: who starts before the proxy had its own, and Docker refused to start the proxy."""
    address = SERVICES["proxy"]["networks"]["web"]["ipv4_address"]
    assert SERVICES["portal"]["environment"]["BOOSTEZ_TRUSTED_PROXIES"] == address
    (pool,) = COMPOSE["networks"]["web"]["ipam"]["config"]
    assert IPv4Address(address) in IPv4Network(pool["subnet"])
    assert IPv4Address(address) not in IPv4Network(pool["ip_range"])
    assert IPv4Network(pool["ip_range"]).subnet_of(IPv4Network(pool["subnet"]))


def test_every_secret_is_made_or_waits_to_be_filled_and_none_is_idle() -> None:
    declared = {name: place["file"] for name, place in COMPOSE["secrets"].items()}
    assert declared == {name: f"secrets/{name}" for name in drawn()}
    assert {secret for service in SERVICES.values() for secret in service.get("secrets", ())} == set(declared)


def test_no_password_is_written_in_it() -> None:
    written = {
        key: value
        for service in SERVICES.values()
        for key, value in service.get("environment", {}).items()
        if re.search("PASSWORD|SECRET|TOKEN|KEY|AUTH|DATABASE_URL", key)
    }
    assert set(written.values()) == {"/run/secrets/postgres_password"}


def test_every_variable_has_its_line_in_the_example_and_is_asked_for() -> None:
    text = FILE.read_text("utf-8")
    example = (CONTAINER / "settings.env.example").read_text("utf-8")
    lines = dict(line.split("=", 1) for line in example.splitlines() if line and line[0] != "#")
    asked = set(re.findall(r"\$\{([A-Z_]+)", text))
    assert asked == set(lines)
    for name in asked - {"BOOSTEZ_IMAGE"}:
        assert lines[name] == "", f"{name} has a default, which nobody would change"
        assert f"${{{name}:?" in text, f"{name} may be left out"


@pytest.mark.parametrize("name", SERVICES)
def test_a_part_is_bounded_and_says_whether_it_is_well(name: str) -> None:
    service = SERVICES[name]
    assert {"cpus", "memory"} <= set(service["deploy"]["resources"]["limits"])
    assert service["restart"]
    # The image's own check asks the portal.
    assert "healthcheck" in service or name == "portal"


@pytest.mark.parametrize("name", OURS)
def test_a_part_of_ours_can_do_no_more_than_it_must(name: str) -> None:
    service = OURS[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "user" not in service  # the image's


def test_what_waits_waits_for_a_part_that_is_there_and_can_say_so() -> None:
    for service in SERVICES.values():
        for name, wanted in service.get("depends_on", {}).items():
            if wanted["condition"] == "service_completed_successfully":
                assert SERVICES[name]["restart"].startswith("on-failure"), name
            else:
                assert not SERVICES[name].get("healthcheck", {}).get("disable"), name


def test_databases_are_migrated_before_anything_reads_them_and_workers_come_last() -> None:
    def before(name: str) -> set[str]:
        direct = set(SERVICES[name].get("depends_on", {}))
        return direct.union(*map(before, direct))

    for name in set(OURS) - {"migrate"}:
        assert "migrate" in before(name), name
    assert {"deploy", "prefect-server", "migrate", "postgres", "redis"} <= before("worker")
