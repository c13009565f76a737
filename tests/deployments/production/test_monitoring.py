"""Prometheus and Grafana: what they ask for exists, what they show is in step with what is promised, and nobody else reads it."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from connectors.region.database import Region
from connectors.region.upkeep.metrics import BUCKETS, Distribution, Measure, measures
from connectors.registry import objectives
from connectors.settings import ROOT, Settings
from portal.metrics import Answers, registry_of
from tests.conftest import TestServer, fresh_name
from tests.databases import Databases
from tests.deployments.production.files import CONTAINER, KUBERNETES, on_this_machine, read, run

DASHBOARD = json.loads((ROOT / "deployments" / "grafana" / "boostez.json").read_text("utf-8"))
PANELS: list[dict[str, Any]] = [each for each in DASHBOARD["panels"] if each["type"] != "row"]
RULES = [
    rule
    for group in read(ROOT / "deployments" / "prometheus" / "rules.yaml")["groups"]
    for rule in group["rules"]
]
HOURS = Path(__file__).with_name("rules_test.yaml")
SCRAPE = read(ROOT / "deployments" / "prometheus" / "scrape.yaml")
ASKED = {
    **{
        f"{panel['title']}/{target['refId']}": target["expr"]
        for panel in PANELS
        for target in panel["targets"]
    },
    **{rule["alert"]: rule["expr"] for rule in RULES},
}
OF_PROMETHEUS = {"job", "instance", "le"}
PORT = 9464


def parsed(expression: str) -> promql_parser.Expr:
    return promql_parser.parse(expression.replace("$__rate_interval", "5m"))


def selectors(expression: str) -> Iterator[promql_parser.VectorSelector]:
    found: list[promql_parser.VectorSelector] = []

    def visit(part: promql_parser.Expr) -> None:
        if isinstance(part, promql_parser.MatrixSelector):
            part = part.vector_selector
        if isinstance(part, promql_parser.VectorSelector) and part.name != "up":
            found.append(part)

    promql_parser.walk(parsed(expression), visit)
    return iter(found)


def grouped(expression: str) -> set[str]:
    """The labels that an expression groups by."""
    found: set[str] = set()

    def visit(part: promql_parser.Expr) -> None:
        if isinstance(part, promql_parser.AggregateExpr) and part.modifier:
            found.update(part.modifier.labels)

    promql_parser.walk(parsed(expression), visit)
    return found


@pytest.fixture(scope="module")
def exposed(postgres_server: TestServer, databases: Databases) -> dict[str, set[str]]:
    """What /metrics has, by name, with the labels of each: of an empty hub, whose portal has answered once."""
    name, uses = databases.take(fresh_name("monitoring"))
    region = Region(postgres_server.url(name))
    rules = objectives(Settings())
    told = measures(region, rules, dt.datetime.now(dt.UTC))
    region.dispose()
    databases.give_back(name, uses)
    registry = registry_of(lambda: [_with_one(each) for each in told])
    TestClient(Answers(PlainTextResponse("x"), registry)).get("/")
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(generate_latest(registry).decode()):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def _with_one(measure: Measure) -> Measure:
    spread = Distribution((0.0,) * len(BUCKETS), 0.0, 0.0)
    value = spread if measure.name == "boostez_receipt_seconds" else 1.0
    return Measure(measure.name, measure.means, measure.labels, [(dict.fromkeys(measure.labels, "x"), value)])


@pytest.mark.database
@pytest.mark.parametrize("asks", ASKED)
def test_what_is_asked_for_is_exposed_with_its_labels(asks: str, exposed: dict[str, set[str]]) -> None:
    expression = ASKED[asks]
    there: set[str] = set()
    for selector in selectors(expression):
        assert selector.name in exposed
        wanted = {matcher.name for matcher in selector.matchers.matchers}
        assert wanted <= exposed[selector.name] | OF_PROMETHEUS
        there |= exposed[selector.name]
    assert grouped(expression) <= there | OF_PROMETHEUS


@pytest.mark.database
def test_every_number_of_the_hub_is_shown(exposed: dict[str, set[str]]) -> None:
    shown = {selector.name for expression in ASKED.values() for selector in selectors(expression)}
    spread = {f"boostez_receipt_seconds_{part}" for part in ("gsum", "gcount", "bucket")}
    assert {name for name in exposed if name.startswith("boostez_")} - shown <= spread


@pytest.mark.database
def test_labels_that_prometheus_has_a_meaning_for_have_it(exposed: dict[str, set[str]]) -> None:
    """A gauge had the label `quantile`, which is a summary's."""
    assert [name for name, labels in exposed.items() if "quantile" in labels] == []
    assert all(name.endswith("_bucket") for name, labels in exposed.items() if "le" in labels)


def test_every_rule_has_an_hour_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    """Some never fired where they had to: when no schedule ever ran; and at night, when most who call are probes."""
    hours = [each for told in read(HOURS)["tests"] for each in told["alert_rule_test"]]
    for fires in (True, False):
        assert {each["alertname"] for each in hours if bool(each["exp_alerts"]) is fires} == {
            rule["alert"] for rule in RULES
        }
    promtool = on_this_machine(
        "promtool", "only that there are such hours is seen (Debian's package prometheus)"
    )
    run(promtool, "test", "rules", str(HOURS))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [("sum by (x) (rate(a))", "expected type matrix"), ("max(", "unclosed"), ("a{b=}", "invalid promql")],
)
def test_an_expression_that_is_none_is_noticed(wrong: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        parsed(wrong)


def test_the_dashboard_is_one_that_grafana_lays_out() -> None:
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    places = [panel["gridPos"] for panel in DASHBOARD["panels"]]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    for one, other in combinations(places, 2):
        apart = (
            one["x"] + one["w"] <= other["x"]
            or other["x"] + other["w"] <= one["x"]
            or one["y"] + one["h"] <= other["y"]
            or other["y"] + other["h"] <= one["y"]
        )
        assert apart, (one, other)
    (chosen,) = DASHBOARD["templating"]["list"]
    assert (chosen["type"], chosen["query"]) == ("datasource", "prometheus")
    assert {panel["datasource"]["uid"] for panel in PANELS} == {f"${{{chosen['name']}}}"}


def test_lines_of_the_dashboard_are_what_is_promised() -> None:
    promised = objectives(Settings()).objectives
    (fresh,) = [each for each in promised if each.kind == "freshness"]
    (panel,) = [each for each in PANELS if each["title"] == "Since the last good sync"]
    assert (
        panel["fieldConfig"]["defaults"]["thresholds"]["steps"][-1]["value"] == fresh.within.total_seconds()
    )
    (budget,) = [each for each in PANELS if each["title"] == "Error budget burnt"]
    assert budget["fieldConfig"]["defaults"]["thresholds"]["steps"][-1]["value"] == 1


def test_every_page_that_is_named_is_there() -> None:
    named = [rule["annotations"]["runbook"] for rule in RULES]
    named += re.findall(r"docs/[\w/.-]+\.md", json.dumps(DASHBOARD))
    assert len(named) > 10
    assert [page for page in named if not (ROOT / page).is_file()] == []


def test_the_port_is_opened_to_prometheus_and_to_nobody_else() -> None:
    compose = read(CONTAINER / "compose.yaml")
    given = {
        name: service.get("environment", {}).get("BOOSTEZ_METRICS_PORT")
        for name, service in compose["services"].items()
        if isinstance(service.get("environment"), dict)
    }
    assert {name: port for name, port in given.items() if port} == {"portal": str(PORT)}
    assert "data" in compose["services"]["portal"]["networks"]
    assert str(PORT) not in (CONTAINER / "Caddyfile").read_text("utf-8")
    (job,) = SCRAPE["scrape_configs"]
    assert job["dns_sd_configs"] == [{"names": ["portal"], "type": "A", "port": PORT}]
    assert SCRAPE["rule_files"] == ["rules.yaml"]


def test_in_a_cluster_only_the_namespace_of_prometheus_reaches_it() -> None:
    documents = list(yaml.safe_load_all((KUBERNETES / "base" / "portal.yaml").read_text("utf-8")))
    (pod,) = [each["spec"]["template"] for each in documents if each["kind"] == "Deployment"]
    (container,) = pod["spec"]["containers"]
    assert {"name": "metrics", "containerPort": PORT} in container["ports"]
    assert {"name": "BOOSTEZ_METRICS_PORT", "value": str(PORT)} in container["env"]
    assert pod["metadata"]["annotations"]["prometheus.io/port"] == str(PORT)
    (service,) = [each for each in documents if each["kind"] == "Service"]
    assert [port["targetPort"] for port in service["spec"]["ports"]] == ["http"]
    files = sorted(KUBERNETES.rglob("*.yaml"))
    policies = [
        each
        for file in files
        for each in yaml.safe_load_all(file.read_text("utf-8"))
        if each.get("kind") == "NetworkPolicy"
    ]
    open_to = [
        rule["from"]
        for policy in policies
        for rule in policy["spec"].get("ingress", ())
        if {"port": "metrics", "protocol": "TCP"} in rule.get("ports", ())
    ]
    assert open_to == [
        [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}]
    ]
