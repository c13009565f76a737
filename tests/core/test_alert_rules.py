"""The rules of alerts: which kind a cause is of, who hears of it, and what makes no sense."""

from __future__ import annotations

import datetime as dt
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.alert_rules import alert_rules
from connectors.settings import Settings
from core.alert_rules import ON_CALL, Inhibition, Kind, Pillar, Severity, Step, faults, matches
from core.on_call import Turn

RULES = alert_rules(Settings().alerts_file)
CAUSES = st.text(st.sampled_from("ab *"), min_size=1, max_size=4)
PREFIXES = st.text(st.sampled_from("ab "), max_size=3)
PATTERNS = st.builds(lambda prefix, star: prefix + star, PREFIXES, st.sampled_from(["", "*"])).filter(bool)
DAY = dt.datetime(2026, 12, 1, 10, tzinfo=dt.UTC)  # a Tuesday
NIGHT = DAY.replace(hour=1)
ONE, TWO = frozenset({"11111111"}), frozenset({"22222222"})


@given(PATTERNS, CAUSES)
def test_a_pattern_is_a_cause_or_how_causes_begin(pattern: str, cause: str) -> None:
    assert matches(pattern, cause) == (
        cause.startswith(pattern[:-1]) if pattern[-1] == "*" else cause == pattern
    )


def test_what_is_affected_names_the_rest_of_the_cause() -> None:
    kind = Kind("paused *", "offers", "warning", "state", "{}: what changes accumulates", "channel-paused.md")
    assert kind.affected("paused facebook_page") == "facebook_page: what changes accumulates"


@pytest.mark.parametrize("pillar", get_args(Pillar))
@pytest.mark.parametrize("severity", get_args(Severity))
@pytest.mark.parametrize("at", [DAY, NIGHT])
def test_somebody_hears_of_every_alert_at_every_hour(
    pillar: Pillar, severity: Severity, at: dt.datetime
) -> None:
    kind = Kind("*", pillar, severity, "state", "", "alerts.md")
    assert RULES.ladder(kind, at, {"default": ONE})


def test_at_night_what_is_critical_goes_to_whoever_is_on_call_first() -> None:
    kind = RULES.kind("source contractor")
    assert RULES.on_call
    who = RULES.on_call.at(NIGHT)
    assert RULES.ladder(kind, NIGHT, {who: ONE, "offers": TWO})[0] == Step(who, ONE)
    assert RULES.ladder(kind, DAY, {who: ONE, "offers": TWO})[0] == Step("offers", TWO)


def test_a_destination_without_an_address_has_the_default_s_and_without_that_is_left_out() -> None:
    kind = RULES.kind("source contractor")
    assert {step.ids for step in RULES.ladder(kind, DAY, {"default": ONE})} == {ONE}
    assert RULES.ladder(kind, DAY, {}) == []


def told(**changes: object) -> list[str]:
    return list(faults(msgspec.structs.replace(RULES, **changes)))


def test_the_rules_of_the_file_make_sense() -> None:
    assert told() == []


def test_a_cause_without_a_kind_a_pair_without_a_route_and_unknown_names_are_faults() -> None:
    assert "the last of kinds" in told(kinds=RULES.kinds[:-1])[0]
    assert "no route for offers, critical" in told(routes=RULES.routes[1:])[0]
    assert told(destinations={"default": "staff"})[0] == "no destination 'coaching'"
    assert ON_CALL in told(on_call=None)[0]
    assert RULES.on_call
    backwards = (Turn("duty-1", DAY.date(), DAY.date()),)
    on_call = msgspec.structs.replace(RULES.on_call, turns=backwards)
    assert told(on_call=on_call) == ["the turn of duty-1 ends before it begins"]


@given(st.lists(st.builds(Inhibition, PATTERNS, st.tuples(PATTERNS)), max_size=4), CAUSES, CAUSES)
def test_two_alerts_cannot_mute_each_other(inhibitions: list[Inhibition], one: str, other: str) -> None:
    """Else neither would be told, for as long as both stand."""
    if any("mute each other" in fault for fault in told(inhibitions=tuple(inhibitions))):
        return

    def mutes(cause: str, muted: str) -> bool:
        return any(
            matches(rule.cause, cause) and any(matches(m, muted) for m in rule.mutes) for rule in inhibitions
        )

    assert not (mutes(one, other) and mutes(other, one))
