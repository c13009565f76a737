"""What a run is started with: the work pool's base job template, for processes of a worker and for pods.

Belongs here: reading the two templates, and a template as fields that can be compared one by one. Does not: the pool (declared.py),
or the pod itself (kubernetes/job-template.yaml).

A process has its worker's environment, and before that what the template says. It begins in a folder of its own; prefect.yaml's pull step takes it
to the code, which lies elsewhere on each machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final

import yaml
from prefect.workers.process import ProcessWorker

from connectors.settings import ROOT
from deployments.orchestration import CLIENT

FILE: Final = ROOT / "deployments" / "kubernetes" / "job-template.yaml"
JOB, VARIABLE = "job ", "variable "  # each part of a template is a field of its pool
REQUIRED: Final = "variables required"
Template = dict[str, Any]


def process() -> Template:
    """The type's own template, with what every run finds in its environment, whoever started its worker."""
    template = deepcopy(ProcessWorker.get_default_base_job_template())
    template["variables"]["properties"]["env"]["default"] = CLIENT
    return template


def pod(image: str, environment: Mapping[str, str]) -> Template:
    """One pod a run, of this image; ``environment`` is what it finds beside that: settings that are no secrets."""
    template: Template = yaml.safe_load(FILE.read_text("utf-8"))
    variables = template["variables"]["properties"]
    variables["image"]["default"] = image
    variables["env"]["default"] = {**CLIENT, **environment}
    return template


def fields(template: Template) -> dict[str, Any]:
    """A template part by part; empty for a pool that has none."""
    variables = template.get("variables", {})
    return {
        **{JOB + name: told for name, told in template.get("job_configuration", {}).items()},
        **{VARIABLE + name: told for name, told in variables.get("properties", {}).items()},
        **({REQUIRED: variables["required"]} if variables.get("required") else {}),
    }


def template(parts: Mapping[str, Any]) -> Template:
    """The template that has these parts."""
    told = {name: part for name, part in parts.items() if part is not None}
    variables = {
        name.removeprefix(VARIABLE): each for name, each in told.items() if name.startswith(VARIABLE)
    }
    required = {"required": told[REQUIRED]} if REQUIRED in told else {}
    return {
        "job_configuration": {
            name.removeprefix(JOB): each for name, each in told.items() if name.startswith(JOB)
        },
        "variables": {"type": "object", "properties": variables, **required},
    }
