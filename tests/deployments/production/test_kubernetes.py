"""The manifests: valid against the API's own schemas, whole, and hardened; nothing in them names what is not there."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from connectors.settings import ROOT
from deployments.container.make_secrets import drawn
from deployments.production import MAY, NEEDS
from tests.deployments.production.files import KUBERNETES, on_this_machine, parse, read, run

PART = {"portal": "portal", "prefect-server": "server", "prefect-services": "services", "worker": "worker"}
OLDEST, NEWEST = "1.30", "1.37"
FOLDERS = [file.parent for file in sorted(KUBERNETES.rglob("kustomization.yaml"))]
OVERLAYS = [folder for folder in FOLDERS if folder.name != "base"]


@cache
def rendered(folder: Path) -> list[dict[str, Any]]:
    """What would be applied."""
    kubectl = on_this_machine("kubectl", "it renders the overlays")
    return list(yaml.safe_load_all(run(kubectl, "kustomize", str(folder))))


def of_kind(kind: str, folder: Path = OVERLAYS[0]) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each for each in rendered(folder) if each["kind"] == kind}


def pods(folder: Path = OVERLAYS[0]) -> Iterator[tuple[str, dict[str, Any], dict[str, str]]]:
    """Name, specification and labels of every pod that something makes."""
    for each in rendered(folder):
        spec = each.get("spec", {})
        template = spec.get("jobTemplate", each).get("spec", {}).get("template")
        if template:
            yield each["metadata"]["name"], template["spec"], template["metadata"]["labels"]


def containers(spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from spec.get("initContainers", ())
    yield from spec["containers"]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_what_a_kustomization_names_is_there_and_what_is_there_is_named(folder: Path) -> None:
    told = read(folder / "kustomization.yaml")
    named = {
        *told.get("resources", ()),
        *(file for made in told.get("configMapGenerator", ()) for file in made["envs"]),
    }
    assert all((folder / name).exists() for name in named)
    assert {file.name for file in folder.iterdir()} <= named | {"kustomization.yaml"}


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("folder", OVERLAYS, ids=lambda folder: folder.name)
def test_every_object_is_what_the_api_takes(folder: Path, version: str) -> None:
    assert len(rendered(folder)) > 20
    for each in rendered(folder):
        kubernetes_validate.validate(each, version, strict=True)


@pytest.mark.parametrize("name", PART)
def test_a_part_has_what_it_refuses_to_start_without_and_no_secret_of_another_s(name: str) -> None:
    spec = {made: spec for made, spec, _ in pods()}[name]
    (settings,) = of_kind("ConfigMap").values()
    (volume,) = [each["secret"] for each in spec["volumes"] if "secret" in each]
    secrets = {item["path"] for item in volume["items"]}
    wanted = {f"boostez_{setting}" for setting in NEEDS[PART[name]]}
    assert wanted <= secrets | {key.lower() for key in settings["data"]}
    assert secrets <= wanted | {f"boostez_{setting}" for setting in MAY.get(PART[name], ())}


def test_what_pods_name_is_there() -> None:
    for name, spec, _ in pods():
        assert spec["serviceAccountName"] in of_kind("ServiceAccount"), name
        volumes = {volume["name"]: volume for volume in spec["volumes"]}
        for volume in volumes.values():
            if claim := volume.get("persistentVolumeClaim"):
                assert claim["claimName"] in of_kind("PersistentVolumeClaim")
            if secret := volume.get("secret"):
                assert secret["secretName"] == "boostez-secrets"
                assert all(item["key"] == item["path"] in drawn() for item in secret["items"])
        for container in containers(spec):
            assert [source["configMapRef"]["name"] for source in container["envFrom"]] == list(
                of_kind("ConfigMap")
            )
            assert {mount["name"] for mount in container["volumeMounts"]} <= set(volumes)


def test_what_selects_pods_selects_some() -> None:
    labels = [told for _, _, told in pods()]
    selectors = [
        *(each["spec"]["selector"]["matchLabels"] for each in of_kind("Deployment").values()),
        *(each["spec"]["selector"]["matchLabels"] for each in of_kind("PodDisruptionBudget").values()),
        *(each["spec"]["selector"] for each in of_kind("Service").values()),
    ]
    for selector in selectors:
        assert any(selector.items() <= told.items() for told in labels), selector
    for policy in of_kind("NetworkPolicy").values():
        for wanted in policy["spec"]["podSelector"].get("matchExpressions", ()):
            assert set(wanted["values"]) <= {told[wanted["key"]] for told in labels}


def test_ways_in_lead_to_ports_that_are_listened_on() -> None:
    listening = {
        name: {
            port["name"]: port["containerPort"] for each in containers(spec) for port in each.get("ports", ())
        }
        for name, spec, _ in pods()
    }
    for name, service in of_kind("Service").items():
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= set(listening[name])
    for ingress in of_kind("Ingress").values():
        assert {host for tls in ingress["spec"]["tls"] for host in tls["hosts"]} == {
            rule["host"] for rule in ingress["spec"]["rules"]
        }
        for rule in ingress["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                service = path["backend"]["service"]
                ports = of_kind("Service")[service["name"]]["spec"]["ports"]
                assert service["port"]["name"] in {port["name"] for port in ports}
    (settings,) = of_kind("ConfigMap").values()
    port = of_kind("Service")["prefect-server"]["spec"]["ports"][0]["port"]
    assert settings["data"]["PREFECT_API_URL"] == f"http://prefect-server:{port}/api"


def test_what_they_run_are_commands_and_files_of_ours() -> None:
    for _, spec, _ in pods():
        for container in containers(spec):
            parse(container["args"])
            for word in container.get("lifecycle", {}).get("preStop", {}).get("exec", {}).get("command", ()):
                assert not word.endswith(".py") or (ROOT / word).is_file()


def test_every_pod_can_do_no_more_than_it_must_and_is_bounded() -> None:
    for name, spec, _ in pods():
        assert spec["securityContext"]["runAsNonRoot"], name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert spec["automountServiceAccountToken"] is False
        for container in containers(spec):
            security = container["securityContext"]
            assert security["readOnlyRootFilesystem"]
            assert security["allowPrivilegeEscalation"] is False
            assert security["capabilities"] == {"drop": ["ALL"]}
            assert {"cpu", "memory"} <= set(container["resources"]["requests"])
            assert "memory" in container["resources"]["limits"]


def test_whatever_listens_is_probed_and_survives_the_end_of_a_machine() -> None:
    for name, deployment in of_kind("Deployment").items():
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        if "ports" in container:
            assert {"startupProbe", "livenessProbe"} <= set(container), name
            assert deployment["spec"]["replicas"] > 1
            assert name in of_kind("PodDisruptionBudget")
        if name in of_kind("Service"):
            assert "readinessProbe" in container


def test_secrets_are_named_and_never_written() -> None:
    assert of_kind("Secret") == {}
    assert all("secretGenerator" not in read(folder / "kustomization.yaml") for folder in FOLDERS)
    for _, spec, _ in pods():
        written = {each["name"] for container in containers(spec) for each in container.get("env", ())}
        assert written <= {"BOOSTEZ_METRICS_PORT"}
