"""The page that an alert's link leads to: it tells all, and a button acknowledges in the name of whoever is signed in."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from connectors.region.alerting import alerts
from connectors.region.alerting.alerts import Alert
from connectors.region.database import Region
from connectors.seals import ALERT_WITHIN, Seals
from connectors.settings import Settings
from tests.hands import sql
from tests.officers import cookie_name, sign_in
from tests.portal.programme import press

pytestmark = pytest.mark.database
NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)


@pytest.fixture
def visitor(visitor: TestClient, region: Region, relayed: Settings) -> TestClient:
    """Somebody who sees to operations."""
    sign_in(visitor, region, relayed, "Ada Lovelace", ["operations"])
    return visitor


def raised(region: Region, runbook: str = "docs/runbook/contractor-unreachable.md") -> Alert:
    alerts.sound(region, "source contractor", "contractor could not be read", "No answer.\nAt all.", NOW)
    sql(
        region,
        "UPDATE alert SET severity = 'critical', affected = 'offers of contractor', runbook = :runbook, times = 49000",
        runbook=runbook,
    )
    return alerts.unresolved(region)[0]


def link(settings: Settings, alert: Alert, at: dt.datetime = NOW) -> str:
    return urlsplit(Seals(settings).link("alert", str(alert.id), at)).path


def test_it_tells_what_since_when_what_is_affected_and_how(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    page = visitor.get(link(relayed, raised(region)))
    for words in (
        "contractor could not be read",
        "Depuis le",
        "critique",
        "49\u202f000",
        "No answer.\nAt all.",
        "offers of contractor",
        "docs/runbook/contractor-unreachable.md",
    ):
        assert words in page.text, words
    assert page.headers["cache-control"] == "no-store"
    assert "noindex" in page.headers["x-robots-tag"]
    assert "Disallow: /alertes" in visitor.get("/robots.txt").text


def test_opening_it_changes_nothing_and_its_button_acknowledges(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    path = link(relayed, raised(region))
    visitor.get(path)
    assert alerts.unresolved(region)[0].acknowledged_at is None
    assert press(visitor, path).status_code == 303
    assert alerts.unresolved(region)[0].acknowledged_by == "Ada Lovelace"
    page = visitor.get(path).text
    assert "Prise en charge par Ada Lovelace" in page
    assert "Je m’en occupe" not in page


def test_with_a_stale_form_or_another_role_nothing_is_acknowledged(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    path = link(relayed, raised(region))
    assert visitor.post(path, data={"a": "b"}).status_code == 403
    sign_in(visitor, region, relayed, roles=["postings", "questions", "auditor"])
    refused = visitor.get(path)
    assert refused.status_code == 403
    assert "contractor could not be read" not in refused.text
    visitor.cookies.delete(cookie_name(relayed))
    assert visitor.get(path).status_code == 503, (
        "a link alone shows nothing: here nobody can say who they are"
    )
    assert alerts.unresolved(region)[0].acknowledged_at is None


def test_what_is_over_needs_nobody(visitor: TestClient, region: Region, relayed: Settings) -> None:
    path = link(relayed, raised(region))
    alerts.resolve(region, NOW, "source contractor")
    page = visitor.get(path).text
    assert "C’est terminé depuis" in page
    assert "Je m’en occupe" not in page


def test_a_runbook_on_the_web_is_a_link(visitor: TestClient, region: Region, relayed: Settings) -> None:
    page = visitor.get(link(relayed, raised(region, "https://forge.example/runbook/a.md")))
    assert '<a href="https://forge.example/runbook/a.md">' in page.text


def test_a_link_of_another_purpose_or_too_old_opens_nothing(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    alert = raised(region)
    foreign = Seals(relayed).seal("place", str(alert.id), NOW)
    for path in (
        f"/alertes/{foreign}",
        link(relayed, alert, NOW - ALERT_WITHIN - dt.timedelta(minutes=1)),
        "/alertes/x",
    ):
        assert visitor.get(path).status_code == 410
        assert visitor.post(path, data={"a": "b"}).status_code == 410
