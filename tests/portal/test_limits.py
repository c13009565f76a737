"""How often one client may ask; the clock is the test's."""

from __future__ import annotations

import html
from typing import Any

import pytest
from starlette.testclient import TestClient

from connectors.region.database import Region
from connectors.settings import Settings
from portal import limits
from portal.app import create_app
from portal.limits import Arrivals, Rule
from portal.server import configured

POLICIES = {
    "api": ("/api/v1/offres", "/api/v1/openapi.json", "/api/v1/offres/0000", "/api/nulle-part"),
    "flux": (
        "/offres.atom?q=pain",
        "/offres.json",
        "/feeds/aggregator.xml",
        "/sitemap.xml",
        "/sitemaps/pages.xml",
    ),
    "recherche": ("/offres", "/offres?q=pain"),
}


class Clock:
    """Stands still until it is told."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(region: Region, chosen: Settings, clock: Clock) -> Any:
    few = {"portal_rate_api": 3, "portal_rate_feeds": 3, "portal_rate_search": 3}
    return create_app(region, chosen.model_copy(update=few), clock=clock)


def _from(app: Any, address: str) -> TestClient:
    return TestClient(app, client=(address, 50_000), raise_server_exceptions=False)


@pytest.mark.database
@pytest.mark.parametrize(
    ("name", "path"), [(name, path) for name, paths in POLICIES.items() for path in paths]
)
def test_what_is_left_is_told_and_what_is_too_much_is_refused(
    app: Any, clock: Clock, name: str, path: str
) -> None:
    client = _from(app, "198.51.100.7")
    for left in (2, 1, 0):
        answer = client.get(path)
        assert answer.status_code in {200, 404}
        assert answer.headers["ratelimit-policy"] == f'"{name}";q=3;w=60'
        assert answer.headers["ratelimit"] == f'"{name}";r={left};t=60'
    clock.now += 18.5
    refused = client.get(path)
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "42"
    assert refused.headers["ratelimit"] == f'"{name}";r=0;t=42'
    assert refused.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in refused.headers["content-security-policy"]
    clock.now += 41.4
    assert client.head(path).status_code == 429
    clock.now += 0.2
    assert client.get(path).status_code in {200, 404}


@pytest.mark.database
def test_nobody_fills_the_log_of_acts_with_refusals(app: Any) -> None:
    """Anybody of the Region may sign in, and each page that they may not see is a row that stays for years."""
    client = _from(app, "198.51.100.7")
    asked = [client.get("/agents/journal").status_code for _ in range(4)]
    assert asked == [503, 503, 503, 429], "no provider here: closed"


@pytest.mark.database
def test_the_window_moves(app: Any, clock: Clock) -> None:
    client = _from(app, "198.51.100.7")
    statuses = []
    for _ in range(9):  # one each 15 s, of three a minute
        statuses.append(client.get("/api/v1/offres").status_code)
        clock.now += 15
    assert statuses == [200, 200, 200, 429, 200, 200, 200, 429, 200]


@pytest.mark.database
def test_programs_are_refused_with_a_problem_and_people_with_a_page(app: Any) -> None:
    client = _from(app, "198.51.100.7")
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    for path, form in (
        ("/api/v1/offres", "application/problem+json"),
        ("/offres", "text/html; charset=utf-8"),
    ):
        for _ in range(3):
            client.get(path, headers=browser)
        refused = client.get(path, headers=browser)
        assert refused.status_code == 429
        assert refused.headers["content-type"] == form
    assert "Trop de demandes" in refused.text
    assert "dans 60\u00a0secondes" in html.unescape(refused.text)
    for _ in range(3):
        client.get("/offres.atom")
    feed = client.get("/offres.atom", headers={"Accept": "application/atom+xml"})
    assert feed.headers["content-type"] == "application/problem+json"
    assert feed.headers["access-control-allow-origin"] == "*"
    assert feed.json()["status"] == 429


@pytest.mark.database
def test_what_costs_little_is_free(app: Any) -> None:
    client = _from(app, "198.51.100.7")
    for path in ("/healthz", "/static/boostez.css", "/robots.txt", "/donnees", "/", "/offres/0000"):
        for _ in range(5):
            answer = client.get(path)
            assert answer.status_code != 429
            assert "ratelimit" not in answer.headers
    for _ in range(5):
        assert client.options("/api/v1/offres").status_code == 204


@pytest.mark.database
def test_clients_are_counted_apart_and_a_network_of_ipv6_together(app: Any) -> None:
    for _ in range(3):
        assert _from(app, "198.51.100.7").get("/api/v1/offres").status_code == 200
    assert _from(app, "198.51.100.7").get("/api/v1/offres").status_code == 429
    assert _from(app, "::ffff:198.51.100.7").get("/api/v1/offres").status_code == 429
    assert _from(app, "198.51.100.8").get("/api/v1/offres").status_code == 200
    for last in (":1", ":2:3", "ffff:ffff:ffff:ffff"):
        assert _from(app, f"2a01:e0a:1:2:{last}").get("/api/v1/offres").status_code == 200
    assert _from(app, "2a01:e0a:1:2::9").get("/api/v1/offres").status_code == 429
    assert _from(app, "2a01:e0a:1:3::9").get("/api/v1/offres").status_code == 200
    assert _from(app, "198.51.100.7").get("/offres").status_code == 200


@pytest.mark.database
@pytest.mark.parametrize(
    ("trusted", "statuses"),
    [
        ("", [200, 429, 429]),
        ("203.0.113.0/24", [200, 429, 429]),
        ("198.51.100.7", [200, 200, 429]),
        ("10.0.0.0/8,198.51.100.0/24", [200, 200, 429]),
    ],
)
def test_a_forwarded_address_counts_only_behind_a_proxy_of_ours(
    region: Region, chosen: Settings, clock: Clock, trusted: str, statuses: list[int]
) -> None:
    read = Settings(trusted_proxies=trusted) if trusted else Settings()
    few = chosen.model_copy(update={"portal_rate_api": 1, "trusted_proxies": read.trusted_proxies})
    config = configured(create_app(region, few, clock=clock), few)
    config.load()
    client = _from(config.loaded_app, "198.51.100.7")
    # What a client itself writes before the address that the proxy adds changes nothing.
    forwarded = ("8.8.8.8, 192.0.2.1", "8.8.8.8, 192.0.2.2", "9.9.9.9, 192.0.2.1")
    answers = [client.get("/api/v1/offres", headers={"X-Forwarded-For": told}) for told in forwarded]
    assert [answer.status_code for answer in answers] == statuses


@pytest.mark.database
def test_a_limit_of_nothing_is_none(region: Region, chosen: Settings, clock: Clock) -> None:
    free = chosen.model_copy(update={"portal_rate_api": 0})
    client = TestClient(create_app(region, free, clock=clock))
    for _ in range(200):
        answer = client.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    assert "ratelimit" not in answer.headers


def test_memory_is_bounded_and_keeps_who_asked_last(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CLIENTS", 100)
    arrivals = Arrivals(clock)
    for number in range(1_000):
        assert arrivals.acquire_entry("faithful", 2_000, 60)
        assert arrivals.acquire_entry(f"client {number}", 3, 60)
        clock.now += 0.001
    assert len(arrivals) == 100
    assert arrivals.get("faithful") == 1_000
    clock.now += 61
    assert arrivals.acquire_entry("faithful", 2_000, 60)
    assert arrivals.get("faithful") == 1
    assert arrivals.get_moving_window("faithful", 2_000, 60) == (clock.now, 1)
    arrivals.clear("faithful")
    assert arrivals.get_moving_window("faithful", 2_000, 60) == (clock.now, 0)
    assert arrivals.reset() == 99


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/offres%0A"), ("POST", "/verifier%0A"), ("GET", "/sitemap.xml%0A")]
)
def test_a_line_end_behind_a_path_is_counted_with_it(app: Any, method: str, path: str) -> None:
    """Routes match before a last line end, so ``/verifier%0A`` checked files as often as one liked."""
    assert "ratelimit" in _from(app, "198.51.100.7").request(method, path).headers


def test_a_rule_governs_whole_paths_and_prefixes() -> None:
    rule = Rule("a", 1, prefixes=("/api/",), paths=("/offres",))
    assert rule.governs("GET", "/api/v1")
    assert rule.governs("GET", "/offres")
    assert not rule.governs("GET", "/offres/abc")
    assert not rule.governs("GET", "/apis")
    assert not Rule("a", 1, paths=("/offres",)).governs("GET", "/")


def test_settings_name_proxies_by_address_or_network() -> None:
    read = Settings(trusted_proxies="10.0.0.0/8, 192.0.2.1,2001:db8::1")
    assert read.trusted_proxies == {"10.0.0.0/8", "192.0.2.1/32", "2001:db8::1/128"}
    for wrong in ("proxy.example", "*", "10.0.0.1/8", ","):
        with pytest.raises(ValueError, match="separated by commas"):
            Settings(trusted_proxies=wrong)


@pytest.mark.database
def test_forms_are_counted_and_pages_of_forms_are_not(region: Region, chosen: Settings, clock: Clock) -> None:
    app = create_app(region, chosen.model_copy(update={"portal_rate_forms": 2}), clock=clock)
    client = _from(app, "198.51.100.7")
    told = [client.post("/deposer", data={"action": "apercu"}).status_code for _ in range(3)]
    assert told[-1] == 429
    assert 429 not in told[:2]
    assert client.post("/deposer/suivi/x/fermer").status_code == 429
    assert client.get("/deposer").status_code != 429
    assert _from(app, "198.51.100.8").post("/deposer", data={"action": "apercu"}).status_code != 429
