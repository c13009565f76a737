from __future__ import annotations

import pytest

from connectors.region.database import Region
from connectors.region.firms import answers
from schemas.questionnaires import Outcome, Satisfaction
from tests.hands import sql
from tests.makers import NOON
from tests.programme import DAY, Programme

pytestmark = pytest.mark.database


def test_what_somebody_says_again_counts(programme: Programme, region: Region) -> None:
    held = programme.enrol(programme.session())
    answers.keep(region, held.id, "satisfaction", Satisfaction(1, 2, 3), programme.now)
    answers.keep(region, held.id, "satisfaction", Satisfaction(5, 5, 5, "Mieux."), programme.now + DAY)
    answers.keep(region, held.id, "outcome_3", Outcome("more", "up", ("website",), 1), programme.now)
    assert answers.get(region, held.id, "satisfaction", Satisfaction) == Satisfaction(5, 5, 5, "Mieux.")
    assert answers.get(region, held.id, "outcome_3", Outcome) == Outcome("more", "up", ("website",), 1)
    assert answers.get(region, held.id, "outcome_6", Outcome) is None
    assert [row.at for row in sql(region, "SELECT at FROM answer WHERE about = 'satisfaction'")] == [
        programme.now + DAY
    ]


def test_what_few_say_is_told_to_nobody(programme: Programme, region: Region) -> None:
    made, other = programme.session(), programme.session()
    for number in range(answers.LEAST):
        assert answers.heard(region, made.id) is None
        said = Satisfaction(1 + number, 3, 5, f"Mot {9 - number}" if number % 2 else "")
        answers.keep(region, programme.enrol(made).id, "satisfaction", said, programme.now)
    answers.keep(region, programme.enrol(other).id, "satisfaction", Satisfaction(1, 1, 1), programme.now)
    told = answers.heard(region, made.id)
    assert told is not None
    assert (told.answers, told.useful, told.clear, told.recommended) == (5, 3.0, 3.0, 5.0)
    assert told.texts == ("Mot 6", "Mot 8"), "in an order that says nothing of who wrote them"


def test_an_answer_goes_with_its_author(programme: Programme, region: Region) -> None:
    held = programme.enrol(programme.session())
    answers.keep(region, held.id, "satisfaction", Satisfaction(1, 2, 3), programme.now)
    programme.erase(held.contact_id)
    assert answers.get(region, held.id, "satisfaction", Satisfaction) is None


def test_an_answer_about_no_enrolment_is_kept_nowhere(region: Region) -> None:
    answers.keep(region, 1, "satisfaction", Satisfaction(1, 2, 3), NOON)
    assert sql(region, "SELECT count(*) FROM answer")[0][0] == 0
