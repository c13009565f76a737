"""The work pool's base job template: what a run is started with, as a process and as a pod."""

from __future__ import annotations

import re
from typing import Any, cast
from uuid import uuid4

import kubernetes_validate
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from prefect.client.schemas.objects import WorkPool
from prefect.workers.process import ProcessJobConfiguration

from connectors.settings import settings
from core.registration import Thing
from deployments import job_template, orchestration
from deployments.declared import POOL, declared
from deployments.deploy import register
from schemas.errors import Refused
from tests.deployments.production.files import KUBERNETES, read
from tests.deployments.production.test_kubernetes import NEWEST, OLDEST

IMAGE = "registry.region.example/boostez:0.1.0"
POD = job_template.pod(IMAGE, {"BOOSTEZ_PORTAL_URL": "https://boostez.region.example"})
TEMPLATES = {"process": job_template.process(), "pod": POD}


def named(told: Any) -> set[str]:
    """The variables that a part of a template names."""
    return set(re.findall(r"{{ (\w+) }}", str(told)))


def filled(told: Any, values: dict[str, Any]) -> Any:
    """A part of a template as Prefect fills it: a placeholder alone is its value, of any type."""
    if isinstance(told, dict):
        return {name: filled(each, values) for name, each in told.items()}
    if isinstance(told, list):
        return [filled(each, values) for each in told]
    if isinstance(told, str) and (alone := re.fullmatch(r"{{ (\w+) }}", told)):
        return values[alone[1]]
    return re.sub(r"{{ (\w+) }}", lambda name: str(values[name[1]]), told) if isinstance(told, str) else told


def job() -> dict[str, Any]:
    """The Job that a worker makes of the template, with the environment and the command in Kubernetes' words."""
    variables = POD["variables"]["properties"]
    values = {name: each["default"] for name, each in variables.items() if "default" in each}
    values["env"] = [{"name": name, "value": value} for name, value in values["env"].items()]
    values["command"] = ["prefect", "flow-run", "execute"]
    made: dict[str, Any] = filled(POD["job_configuration"]["job_manifest"], values)
    pod = made["spec"]["template"]["spec"]
    for wanted in ("parallelism", "completions"):  # Prefect wants them there, the API knows them on the job
        made["spec"][wanted] = pod.pop(wanted)
    return made


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_placeholder_has_a_variable_and_every_variable_is_used_and_explained(name: str) -> None:
    template = TEMPLATES[name]
    variables = template["variables"]
    Draft202012Validator.check_schema(variables)
    assert named(template["job_configuration"]) == set(variables["properties"])
    assert all(each["title"] and each["description"] for each in variables["properties"].values())
    defaults = {name: each["default"] for name, each in variables["properties"].items() if "default" in each}
    Draft202012Validator(variables).validate(defaults)


def test_a_process_beats_as_the_automation_counts_on_it_whoever_started_its_worker() -> None:
    template = job_template.process()
    values = {name: each.get("default", {}) for name, each in template["variables"]["properties"].items()}
    made = ProcessJobConfiguration(**filled(template["job_configuration"], values))
    assert made.env == orchestration.CLIENT
    assert (made.command, made.working_dir, made.stream_output) == (None, None, True)


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_the_job_of_a_run_is_what_the_api_takes(version: str) -> None:
    kubernetes_validate.validate(job(), version, strict=True)


def test_a_run_s_pod_is_its_worker_s_with_the_settings_that_are_no_secrets() -> None:
    (worker, *_) = yaml.safe_load_all((KUBERNETES / "base" / "worker.yaml").read_text("utf-8"))
    theirs = worker["spec"]["template"]["spec"]
    pod = job()["spec"]["template"]["spec"]
    same = ("serviceAccountName", "automountServiceAccountToken", "enableServiceLinks", "securityContext")
    assert {name: pod[name] for name in same} == {name: theirs[name] for name in same}
    (container,), (other,) = pod["containers"], theirs["containers"]
    for name in ("securityContext", "volumeMounts"):
        assert container[name] == other[name]
    secrets, *others = pod["volumes"]
    assert others == theirs["volumes"][1:]
    assert secrets["secret"]["secretName"] == theirs["volumes"][0]["secret"]["secretName"]
    assert container["image"] == IMAGE
    assert {"name": "BOOSTEZ_PORTAL_URL", "value": "https://boostez.region.example"} in container["env"]
    assert read(KUBERNETES / "base" / "service-account.yaml")["metadata"]["name"] == pod["serviceAccountName"]


def test_the_pool_is_of_pods_where_an_image_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert declared()[0].fields["type"] == "process"
    monkeypatch.setenv("BOOSTEZ_POD_IMAGE", IMAGE)
    monkeypatch.setenv("BOOSTEZ_FACEBOOK_TOKEN", "a-secret-that-no-pool-may-hold")
    settings.cache_clear()
    pool = declared()[0]
    settings.cache_clear()
    assert pool.fields["type"] == "kubernetes"
    assert pool.fields["variable image"]["default"] == IMAGE
    assert "a-secret-that-no-pool-may-hold" not in str(pool)


class OnePool:
    """A server that knows a pool of processes, and nothing else."""

    def read_work_pools(self) -> list[WorkPool]:
        return [
            WorkPool(
                name=POOL,
                type="process",
                default_queue_id=uuid4(),
                base_job_template=job_template.process(),
            )
        ]

    def read_flows(self, **_: int) -> list[Any]:
        return []

    read_deployments = read_automations = read_flows


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_pool_does_not_change_its_type_and_the_way_out_is_told(*, dry_run: bool) -> None:
    """A dry run told that it would be done."""
    pods = Thing("work pool", POOL, {"description": None, "type": "kubernetes", **job_template.fields(POD)})
    with pytest.raises(Refused, match="`prefect work-pool delete boostez`"):
        register(cast(Any, OnePool()), [pods], dry_run=dry_run)


@given(st.sampled_from(sorted(TEMPLATES)), st.data())
def test_a_template_is_the_sum_of_its_parts(name: str, data: st.DataObject) -> None:
    template = TEMPLATES[name]
    parts = job_template.fields(template)
    assert job_template.template(parts) == template
    gone = data.draw(st.sets(st.sampled_from(sorted(parts))))
    left = {part: None if part in gone else told for part, told in parts.items()}
    told = {part: each for part, each in parts.items() if part not in gone}
    assert job_template.fields(job_template.template(left)) == told
