"""A round of checks: together where they can be, in order where they must, and none hides another."""

from __future__ import annotations

import time
from threading import Barrier, Event

import pytest
from pydantic import SecretStr

from connectors import clock
from connectors.redaction import hide
from connectors.settings import Settings
from deployments.doctor.every import CHECKS
from deployments.doctor.examining import Case, Check, Finding, Result, bad, examine, good, warning
from schemas.errors import Unreachable

CASE = Case(Settings(), {}, None, None, None, clock.now)


def finds(finding: Finding) -> object:
    return lambda _: finding


def verdicts(*checks: Check, seconds: float = 5.0) -> dict[str, str]:
    return {result.name: result.verdict for result in examine(checks, CASE, seconds=seconds)}


def test_those_that_wait_for_nobody_run_together() -> None:
    meeting = Barrier(3, timeout=5)

    def met(_: Case) -> Finding:
        meeting.wait()
        return good("met")

    assert set(verdicts(*(Check(name, met) for name in "abc")).values()) == {"good"}


def test_what_fails_in_whatever_way_hides_no_other_and_says_what_to_do() -> None:
    def away(_: Case) -> Finding:
        raise Unreachable("nobody is there")

    def mistaken(_: Case) -> Finding:
        raise KeyError("ours")

    checks = (
        Check("away", away, "start it"),
        Check("mistaken", mistaken),
        Check("well", lambda _: good("well")),
    )
    assert examine(checks, CASE) == [
        Result("away", "bad", "nobody is there", "start it"),
        Result("mistaken", "bad", "KeyError: 'ours'", ""),
        Result("well", "good", "well"),
    ]


def test_one_that_hangs_is_told_in_time_and_so_are_the_others() -> None:
    never = Event()

    def hang(_: Case) -> Finding:
        never.wait()
        return good("at last")

    begun = time.monotonic()
    found = verdicts(
        Check("hangs", hang),
        Check("well", lambda _: good("")),
        Check("after", hang, after=("hangs",)),
        seconds=0.2,
    )
    assert time.monotonic() - begun < 3
    assert found == {"hangs": "bad", "well": "good", "after": "not asked"}
    never.set()


def test_what_needs_another_is_asked_when_that_is_not_bad() -> None:
    checks = (
        Check("third", lambda _: good(""), after=("second",)),
        Check("second", lambda _: good(""), after=("first",)),
        Check("first", lambda _: warning("a little", "see to it")),
    )
    assert verdicts(*checks) == {"third": "good", "second": "good", "first": "warning"}
    broken = (*checks[:2], Check("first", lambda _: bad("broken", "mend it")))
    assert verdicts(*broken) == {"third": "not asked", "second": "not asked", "first": "bad"}


def test_no_finding_tells_a_secret() -> None:
    hide("canary-of-the-doctor")
    (result,) = examine(
        [Check("told", lambda _: bad("refused canary-of-the-doctor", "canary-of-the-doctor"))], CASE
    )
    assert "canary" not in str(result)


def test_a_circle_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="wait for each other"):
        examine(
            [Check("a", lambda _: good(""), after=("b",)), Check("b", lambda _: good(""), after=("a",))], CASE
        )


def test_every_check_has_a_name_of_its_own_and_waits_for_one_that_there_is() -> None:
    names = [check.name for check in CHECKS]
    assert len(names) == len(set(names)) > 20
    assert {name for check in CHECKS for name in check.after} <= set(names)


def test_without_anything_that_runs_each_is_told_and_nothing_is_started() -> None:
    found = {result.name: result for result in examine(CHECKS, CASE)}
    assert found["database"].todo == "`boostez up`, or set BOOSTEZ_DATABASE_URL."
    assert found["Prefect"].todo == "`boostez up`, or set PREFECT_API_URL."
    assert found["worker"].verdict == found["tables"].verdict == "not asked"


SECRET = SecretStr("0123456789abcdef")
REAL = {"contractor_url": "https://contractor.example", "facebook_graph_url": "https://graph.facebook.com"}
GIVEN = {
    "contractor_client_secret": SECRET,
    "facebook_token": SECRET,
    "portal_url": "https://portail.example",
}


@pytest.mark.parametrize(
    ("check", "settings", "seen"),
    [
        ("secrets", {"contractor_url": REAL["contractor_url"]}, "BOOSTEZ_CONTRACTOR_CLIENT_SECRET"),
        ("secrets", {"facebook_graph_url": REAL["facebook_graph_url"]}, "BOOSTEZ_FACEBOOK_TOKEN"),
        ("secrets", {**REAL, **GIVEN, "portal_secret": SecretStr("short")}, "fewer than 16"),
        ("stand-ins", {**GIVEN, "contractor_url": REAL["contractor_url"]}, "real BOOSTEZ_FACEBOOK_TOKEN"),
        ("stand-ins", {"portal_url": "https://portail.example"}, "stands in for: BOOSTEZ_CONTRACTOR_URL"),
        (
            "stand-ins",
            {**REAL, **GIVEN, "sandbox_port": 4401, "smtp_url": SecretStr("smtp://127.0.0.1:4402")},
            "stands in for: BOOSTEZ_SMTP_URL",
        ),
        ("stand-ins", {**REAL, **GIVEN, "smtp_url": SecretStr("smtp://127.0.0.1:25")}, None),
        ("secrets", {**REAL, **GIVEN}, None),
        ("secrets", {"portal_secret": SecretStr("short")}, None),
    ],
)
def test_what_the_sandbox_knows_is_bad_for_what_is_real(
    check: str, settings: dict[str, object], seen: str | None
) -> None:
    (wanted,) = [each for each in CHECKS if each.name == check]
    case = Case(Settings.model_validate(settings), {}, None, None, None, clock.now)
    (result,) = examine([wanted], case)
    assert (result.verdict, seen or "") == ("good" if seen is None else "bad", seen or "")
    assert seen is None or seen in result.seen


def test_an_address_for_a_destination_that_there_is_not_is_bad() -> None:
    """Every `tell` would have failed of it."""
    (reviewed,) = [each for each in CHECKS if each.name == "reviewed files"]
    settings = Settings(alert_destinations={"duty-9": [SecretStr("json://alerts.example")]})
    (result,) = examine([reviewed], Case(settings, {}, None, None, None, clock.now))
    assert result.verdict == "bad"
    assert "no destination 'duty-9'" in result.seen


def test_a_name_that_resembles_none_of_ours_is_a_warning() -> None:
    (names,) = [each for each in CHECKS if each.name == "names of settings"]
    case = Case(Settings(), {"BOOSTEZ_XYZZY_QQ": "1"}, None, None, None, clock.now)
    assert [result.verdict for result in examine([names], case)] == ["warning"]
