"""A role's digest of one week: made once, sent once, whoever looks how often, and never late."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from connectors.region.alerting import alerts
from connectors.region.database import Region
from connectors.region.dialogues import hosts
from connectors.region.digests import approvals, editions, readers
from core.digests.rules import Reader
from schemas.errors import Misconfigured, Refused
from schemas.letters import ROLES
from tasks.digests import named
from tests.hands import sql
from tests.stakeholders import EIGHT, MONDAY, WEEK, Stakeholders, at, reviewed, stakeholders

pytestmark = pytest.mark.database
DAY = dt.timedelta(days=1)


@pytest.fixture
def people(region: Region) -> Iterator[Stakeholders]:
    with stakeholders(region) as made:
        yield made


def told_of_late(people: Stakeholders) -> list[alerts.Alert]:
    """What people hear of digests that were not sent."""
    with people.region.begin() as connection:
        return [each for each in alerts.open_rows(connection) if each.cause.startswith(editions.LATE)]


def outcomes(people: Stakeholders) -> dict[str, str]:
    return {role: planned.outcome for role, planned in people.plan().items()}


def test_nothing_leaves_before_somebody_approves_and_then_once(people: Stakeholders) -> None:
    people.official(departments=["69"])
    people.coach()
    people.offers()
    assert outcomes(people)["officials"] == "held"
    assert people.planned() == []
    assert {each.role for each in approvals.waiting(people.region)} == {*ROLES} - {"press"}
    people.approve("officials")
    assert outcomes(people)["officials"] == "sent"
    assert people.planned() == ["digest.officials.1.2026w49"], "as bounces know markers: no sign but dots"
    for _ in range(2):
        assert outcomes(people)["officials"] == "done"
    assert len(people.planned()) == 1


def test_nobody_has_one_before_it_is_due(people: Stakeholders) -> None:
    people.approve()
    people.now = MONDAY - dt.timedelta(minutes=5)
    assert set(outcomes(people).values()) == {"none"}, "a week before nobody waited for it either"
    people.now = MONDAY
    assert outcomes(people)["press"] == "none", "theirs is due at eight"
    people.now = EIGHT
    assert outcomes(people)["press"] == "sent"


def test_a_week_that_an_outage_took_is_sent_once_within_three_days(people: Stakeholders) -> None:
    people.approve()
    people.now = MONDAY + 2 * DAY
    assert outcomes(people)["contractor"] == "sent"
    assert outcomes(people)["contractor"] == "done"


def test_what_is_older_than_three_days_is_never_sent_and_is_told(people: Stakeholders) -> None:
    people.approve()
    people.plan()
    people.now = MONDAY + WEEK + 4 * DAY
    assert outcomes(people)["contractor"] == "expired"
    assert outcomes(people)["contractor"] == "done"
    late = editions.expired(people.region, MONDAY)
    assert {(each.role, each.week) for each in late} == {
        (role, "2026-W50") for role in ROLES if role != "press"
    }
    assert [subject for subject in people.planned() if "w50" in subject] == []
    people.now += 3 * DAY
    assert outcomes(people)["contractor"] == "sent", "the next one is due again"


def test_what_waits_for_a_person_for_three_days_is_too_late_as_well_and_somebody_hears_of_it(
    people: Stakeholders,
) -> None:
    people.plan()
    approvals.refuse(people.region, "direction", people.proof("direction"), "Ada", "no", people.now)
    people.now = MONDAY + 3 * DAY
    assert outcomes(people)["contractor"] == "expired"
    (told,) = told_of_late(people)
    assert told.cause == "digest contractor 2026-W49", "whoever refused the direction's knows"
    assert "nobody approved of it" in told.message


def test_what_waited_when_the_hub_went_down_is_over_when_it_is_back_in_another_week(
    people: Stakeholders,
) -> None:
    """Only the newest week was looked at: an older one waited for ever, and nobody was told that it never left."""
    people.plan()
    people.approve()
    people.now = MONDAY + WEEK
    assert outcomes(people)["contractor"] == "sent"
    states = {(each.role, each.week): each.state for each in editions.listed(people.region, limit=9)}
    assert states["contractor", "2026-W49"] == "expired"
    assert {each.cause for each in told_of_late(people)} == {
        "digest contractor 2026-W49",
        "digest direction 2026-W49",
    }
    assert all("could not be planned" in each.message for each in told_of_late(people))


def test_where_nobody_is_to_have_one_nobody_is_asked_or_told(people: Stakeholders) -> None:
    """Where the reviewed file names nobody yet, as it is shipped, five forms waited from the first Monday on."""
    assert outcomes(people)["coaches"] == "sent"
    people.coach()
    people.now += WEEK
    assert outcomes(people)["coaches"] == "held"


def test_two_hubs_that_plan_at_once_plan_once(people: Stakeholders) -> None:
    for _ in range(3):
        people.official()
    people.approve()
    with ThreadPoolExecutor(4) as pool:
        told = [each.result()["officials"] for each in [pool.submit(people.plan) for _ in range(4)]]
    assert sum(each.letters for each in told) == 3
    assert sorted(each.outcome for each in told) == ["done", "done", "done", "sent"]
    assert len(set(people.planned())) == len(people.planned()) == 5


def test_who_wants_none_and_who_left_has_none(people: Stakeholders) -> None:
    one, two, three = (people.official() for _ in range(3))
    people.approve()
    readers.stop(people.region, "officials", str(one), people.now)
    readers.stop(people.region, "officials", str(one), people.now)
    hosts.end(people.region, hosts.Official, "elue2@region.example", people.now)
    people.plan()
    assert [each for each in people.planned() if "officials" in each] == [f"digest.officials.{three}.2026w49"]
    readers.resume(people.region, "officials", str(one))
    people.now += WEEK
    people.plan()
    assert f"digest.officials.{one}.2026w50" in people.planned()
    assert f"digest.officials.{two}.2026w50" not in people.planned()


# The guard


def test_one_more_address_is_asked_about_and_one_less_is_not(people: Stakeholders, tmp_path: Path) -> None:
    people.approve()
    press = '{ name = "Service de presse", email = "press@digests.example" }'
    more = reviewed(tmp_path, lambda text: text.replace(press, f'{press}, {{ name = "Zoé", email = "z@digests.example" }}'))  # fmt: skip
    none = reviewed(tmp_path, lambda text: text.replace(f"[{press}]", "[]"))
    was, people.now = people.settings, EIGHT
    people.settings = at(was, more)
    assert outcomes(people)["press"] == "held"
    people.settings = at(was, none)
    assert outcomes(people)["press"] == "sent"
    assert [each for each in people.planned() if "press" in each] == []


def test_another_official_is_asked_about_by_nobody(people: Stakeholders) -> None:
    people.approve()
    people.official()
    assert outcomes(people)["officials"] == "sent"


def test_other_words_are_asked_about_anew(people: Stakeholders, monkeypatch: pytest.MonkeyPatch) -> None:
    people.approve()
    monkeypatch.setattr("tasks.digests.form_of", lambda role: f"new words for {role}")
    assert {role for role, outcome in outcomes(people).items() if outcome == "held"} == {
        "contractor",
        "direction",
    }
    (first, *_) = approvals.waiting(people.region)
    monkeypatch.setattr("tasks.digests.form_of", lambda role: f"newer words for {role}")
    people.plan()
    assert approvals.get(people.region, first.id).state == "replaced"


def test_what_was_asked_of_other_words_or_readers_is_over_once_these_are_decided_on(
    people: Stakeholders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waited for ever, on the morning page and in a form that decided nothing any more."""
    people.plan()
    monkeypatch.setattr("tasks.digests.form_of", lambda role: f"new words for {role}")
    people.approve("contractor")
    assert {each.role for each in approvals.waiting(people.region)} == {"direction"}
    monkeypatch.undo()
    one = '{ name = "Direction du partenariat", email = "direction@digests.example" }'
    two = f'{one}, {{ name = "Zoé", email = "z@digests.example" }}'
    was = people.settings
    people.approve("direction")
    people.settings = at(was, reviewed(tmp_path, lambda text: text.replace(one, two)))
    people.now += WEEK
    assert outcomes(people)["direction"] == "held"
    people.settings = was
    assert outcomes(people)["direction"] == "sent"
    assert "direction" not in {each.role for each in approvals.waiting(people.region)}


def test_what_is_refused_stays_so_until_somebody_approves_of_it(people: Stakeholders) -> None:
    people.plan()
    approvals.refuse(people.region, "contractor", people.proof("contractor"), "Ada", "too long", people.now)
    assert outcomes(people)["contractor"] == "refused"
    assert "contractor" not in {each.role for each in approvals.waiting(people.region)}
    people.now += dt.timedelta(minutes=1)
    people.approve("contractor")
    assert outcomes(people)["contractor"] == "sent"


def test_what_was_refused_for_more_readers_is_refused_for_fewer(people: Stakeholders) -> None:
    """They were asked about, though it counted as refused: when nobody answered it expired, and nobody was told."""
    proof = people.proof("contractor")
    more = approvals.Proof(proof.form, (*proof.readers, "another"))
    approvals.refuse(people.region, "contractor", more, "Ada", "too many", people.now)
    assert outcomes(people)["contractor"] == "refused"
    assert "contractor" not in {each.role for each in approvals.waiting(people.region)}


def test_a_form_decides_on_what_it_showed(people: Stakeholders) -> None:
    people.plan()
    (asked,) = [each for each in approvals.waiting(people.region) if each.role == "contractor"]
    other = approvals.Proof("other words", asked.readers)
    with pytest.raises(Refused, match="look at it again"):
        approvals.decide(people.region, asked.id, other, "Ada", None, people.now)
    proof = people.proof("contractor")
    decided = approvals.decide(people.region, asked.id, proof, "Ada", None, people.now)
    assert (decided.state, decided.decided_by) == ("approved", "Ada")
    with pytest.raises(Refused, match="look at it again"):
        approvals.decide(people.region, asked.id, proof, "Bo", "no", people.now)
    assert approvals.approve(people.region, "contractor", proof, "Bo", people.now).decided_by == "Ada"


# By hand


def press(people: Stakeholders) -> Reader:
    return named(people.region, people.settings, "press", "PRESS@digests.example")


def test_by_hand_it_is_the_letter_itself_until_that_has_left_and_then_another(people: Stakeholders) -> None:
    people.now = EIGHT
    people.approve()
    people.plan()
    for _ in range(2):
        assert people.again("press", press(people)).again == 0
    assert len([each for each in people.planned() if "press" in each]) == 1
    people.room.send()
    for _ in range(2):
        letter = people.again("press", press(people))
        assert (letter.again, letter.had) == (2, True)
    people.room.send()
    assert people.again("press", press(people)).again == 3
    people.room.send()
    subjects = [letter.subject for letter in people.to("press@digests.example")]
    assert (
        subjects
        == ["Les chiffres à citer, lettre du 30 novembre 2026"]
        + ["Renvoi : Les chiffres à citer, lettre du 30 novembre 2026"] * 2
    )


def test_by_hand_too_nobody_is_written_to_who_wants_none_or_before_somebody_approved(
    people: Stakeholders,
) -> None:
    people.now = EIGHT
    reader = press(people)
    with pytest.raises(Refused, match="boostez digest preview press"):
        people.again("press", reader)
    people.approve("press")
    readers.stop(people.region, "press", reader.key, people.now)
    with pytest.raises(Refused, match="only they can choose it again"):
        people.again("press", reader)
    with pytest.raises(Misconfigured, match="0 readers of press"):
        press(people)
    assert people.planned() == []


def test_one_that_was_too_late_can_still_be_sent_by_hand(people: Stakeholders) -> None:
    people.approve()
    people.now = EIGHT
    people.plan()
    people.room.send()
    people.room.take()
    people.now = EIGHT + WEEK + 4 * DAY
    assert outcomes(people)["press"] == "expired"
    assert people.again("press", press(people)).week == "2026-W50"
    people.room.send()
    (letter,) = people.to("press@digests.example")
    assert letter.subject == "Les chiffres à citer, lettre du 7 décembre 2026", "nobody has had it"


def test_no_row_has_an_address(people: Stakeholders) -> None:
    people.official()
    people.approve()
    people.plan()
    for table in ("digest_edition", "digest_approval", "digest_stop", "effect"):
        assert "@" not in str(sql(people.region, f"SELECT t::text FROM {table} t"))
