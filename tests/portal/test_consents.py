"""What people are asked to agree to is what is sent: no less, or it is refused; no more, or it was asked for nothing."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import get_args

import pytest

from portal import consents
from portal.answers import _templates
from portal.consents import OFFERED, field_of, shown, ticked
from schemas.firm import Consent, Purpose, Transport
from tests.portal.programme import rules

EVERY = [Consent(purpose, way) for purpose in get_args(Purpose) for way in get_args(Transport)]


def test_every_rule_has_a_box_that_lets_it_speak_by_its_first_way() -> None:
    for rule in rules():
        assert Consent(rule.purpose, rule.transports[0]) in OFFERED, rule.name


def test_no_box_asks_for_what_nothing_sends() -> None:
    sent = {Consent(rule.purpose, way) for rule in rules() for way in rule.transports}
    assert set(OFFERED) <= sent


@pytest.mark.parametrize(
    ("consent", "most"),
    [
        (Consent("sessions", "mail"), {"seminar": 3, "coaching": 4, "dialogue": 2}),
        (Consent("sessions", "sms"), {"seminar": 1, "coaching": 2, "dialogue": 1}),
        (Consent("follow_up", "mail"), {"seminar": 1, "coaching": 1}),
        (Consent("invitations", "mail"), {"seminar": 2}),
    ],
)
def test_no_more_is_sent_about_a_session_than_its_box_says(consent: Consent, most: dict[str, int]) -> None:
    """Whoever changes the rules changes the words of templates/consents.html with them, and these numbers."""
    counted: Counter[str] = Counter()
    for rule in rules():
        if rule.purpose == consent.purpose and consent.transport in rule.transports:
            alike = rule.audience == "absent"  # who was absent was not present: one of both
            counted.update(kind for kind in rule.kinds if not alike)
    assert counted == most


def test_every_box_has_its_words_and_its_name() -> None:
    words = _templates().get_template("consents.html").module
    assert set(words.BOXES) == set(map(field_of, EVERY))  # type: ignore[attr-defined]
    assert set(words.SHORT) == set(get_args(Purpose))  # type: ignore[attr-defined]
    assert set(words.BY) == set(get_args(Transport))  # type: ignore[attr-defined]


def test_what_holds_is_shown_though_it_is_not_offered() -> None:
    foreign = Consent("invitations", "sms")
    assert foreign not in shown().values()
    assert list(shown([foreign]).values()) == [*OFFERED, foreign]


def test_only_a_ticked_box_counts() -> None:
    assert ticked({field_of(OFFERED[0]): "oui", field_of(OFFERED[1]): "on", "accord_x": "oui"}) == (
        OFFERED[0],
    )


def test_the_wording_has_a_name_that_changes_with_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    consents.wording.cache_clear()
    before = consents.wording()
    (tmp_path / "templates" / "consents.html").write_text("other words", "utf-8")
    monkeypatch.setattr(consents, "FOLDER", tmp_path)
    consents.wording.cache_clear()
    assert consents.wording() != before
    consents.wording.cache_clear()
