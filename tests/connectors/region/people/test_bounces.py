"""Letters that came back: whose address is suspended, once, and who is told."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from connectors.region.offers import postings
from connectors.region.people import bounces, contacts
from connectors.region.sessions.enrolments import Enrolment
from core.bounces import Bounce, Kind
from tests.hands import sql
from tests.makers import NOON, portal_draft
from tests.programme import DAY, Programme

pytestmark = pytest.mark.database


def sent(programme: Programme, **session: Any) -> tuple[Enrolment, str]:
    """Somebody's place, and the marker of the letter that confirmed it."""
    place = programme.enrol(programme.session(**session))
    programme.post.send("mail")
    ((marker,),) = sql(
        programme.region,
        "SELECT marker FROM effect WHERE subject LIKE :subject",
        subject=f"registered.{place.id}.%",
    )
    return place, str(marker)


def address(programme: Programme, contact: int) -> str:
    found = contacts.get(programme.region, contact)
    assert found is not None
    assert found.email is not None
    return found.email


def bounce(marker: str, recipient: str, kind: Kind = "hard", at: dt.datetime = NOON) -> Bounce:
    return Bounce(marker, recipient, kind, "5.1.1" if kind == "hard" else "", at, "")


def take(programme: Programme, told: Bounce) -> str:
    return bounces.take(programme.region, told, programme.now)


def stopped(programme: Programme, contact: int) -> str | None:
    found = contacts.get(programme.region, contact)
    assert found is not None
    return found.mail_stopped


def tell(programme: Programme) -> int:
    return bounces.tell_coaches(programme.region, programme.now)


@pytest.mark.parametrize("kind", ["hard", "complaint"])
def test_an_address_that_takes_no_letters_is_suspended_once(programme: Programme, kind: Kind) -> None:
    place, marker = sent(programme)
    told = bounce(marker, address(programme, place.contact_id), kind)
    assert [take(programme, told) for _ in range(3)] == ["suspended", "again", "again"]
    assert stopped(programme, place.contact_id) == kind
    (row,) = sql(programme.region, "SELECT kind, contact_id, at FROM bounce")
    assert tuple(row) == (kind, place.contact_id, NOON)


def test_a_complaint_after_a_refusal_is_noted_and_changes_nothing(programme: Programme) -> None:
    place, marker = sent(programme)
    to = address(programme, place.contact_id)
    assert take(programme, bounce(marker, to, "hard")) == "suspended"
    assert take(programme, bounce(marker, to, "complaint")) == "noted"
    assert stopped(programme, place.contact_id) == "hard"


def test_three_letters_that_did_not_arrive_within_thirty_days_suspend(programme: Programme) -> None:
    place, _ = sent(programme)
    to, told = address(programme, place.contact_id), []
    for number, day in enumerate((0, 1, 40, 45, 69)):
        session = programme.session()
        programme.enrol(session, place.contact_id)
        programme.post.send("mail")
        ((marker,),) = sql(
            programme.region,
            "SELECT marker FROM effect WHERE subject LIKE 'registered.%' ORDER BY id DESC LIMIT 1",
        )
        at = NOON + day * DAY
        told.append(bounces.take(programme.region, bounce(str(marker), to, "soft", at), at))
        assert number < 4 or told[-1] == "suspended"
    assert told == ["noted"] * 4 + ["suspended"]
    assert stopped(programme, place.contact_id) == "soft"


def test_a_letter_that_is_late_again_and_again_counts_once(programme: Programme) -> None:
    place, marker = sent(programme)
    to = address(programme, place.contact_id)
    told = [take(programme, bounce(marker, to, "soft", NOON + hour * DAY / 24)) for hour in range(5)]
    assert told == ["noted", *["again"] * 4]
    assert stopped(programme, place.contact_id) is None


def test_nothing_goes_to_a_suspended_address_and_everything_again_to_one_that_its_owner_gives(
    programme: Programme,
) -> None:
    place, marker = sent(programme)
    to = address(programme, place.contact_id)
    take(programme, bounce(marker, to))
    ((firm,),) = sql(programme.region, "SELECT firm_id FROM contact WHERE id = :id", id=place.contact_id)
    again = programme.person(firm=firm, email=to)
    assert again == place.contact_id
    assert stopped(programme, again) is None
    assert take(programme, bounce(marker, to)) == "again", (
        "the old report says nothing of what they said since"
    )


@pytest.mark.parametrize(
    "marker",
    ["registered.999.1.1-2f", "nothing-1", "x.y-zz", "reminder.1.0-1", "' OR true --1", "confirm.1-1"],
)
def test_a_marker_that_is_not_ours_is_no_error(programme: Programme, marker: str) -> None:
    sent(programme)
    assert take(programme, bounce(marker, "x@y.example")) == "unknown"
    assert sql(programme.region, "SELECT count(*) FROM bounce")[0][0] == 0


def test_a_letter_that_never_left_cannot_have_come_back(programme: Programme) -> None:
    place = programme.enrol(programme.session())
    marker = f"registered.{place.id}.1.1-1"
    assert take(programme, bounce(marker, address(programme, place.contact_id))) == "unknown"


def test_a_forged_report_of_another_address_suspends_nobody(programme: Programme) -> None:
    place, marker = sent(programme)
    assert take(programme, bounce(marker, "somebody@else.example")) == "nobody"
    assert stopped(programme, place.contact_id) is None


def test_a_forged_report_does_not_keep_the_true_one_out(programme: Programme) -> None:
    """A bounce is one row a letter and kind: the row of the forged one stood in the way of the true one."""
    place, marker = sent(programme)
    take(programme, bounce(marker, "somebody@else.example"))
    assert take(programme, bounce(marker, address(programme, place.contact_id))) == "suspended"
    assert stopped(programme, place.contact_id) == "hard"


def test_the_letter_of_an_offer_that_was_posted_is_nobody_s_contact(programme: Programme) -> None:
    postings.add(programme.region, portal_draft(), "contact@fournil.example", b"origin", NOON)
    sql(programme.region, "UPDATE effect SET marker = subject || '-1', state = 'done'")
    ((marker,),) = sql(programme.region, "SELECT marker FROM effect")
    assert take(programme, bounce(str(marker), "contact@fournil.example")) == "nobody"


def test_whoever_was_erased_has_no_address_to_suspend(programme: Programme) -> None:
    place, marker = sent(programme)
    to = address(programme, place.contact_id)
    programme.erase(place.contact_id)
    assert take(programme, bounce(marker, to)) == "nobody"


# Told


def content(programme: Programme) -> list[dict[str, Any]]:
    rows = sql(programme.region, "SELECT content FROM effect WHERE subject LIKE 'bounced.%' ORDER BY id")
    return [row.content for row in rows]


def test_a_coach_is_told_once_of_all_whose_addresses_were_suspended(programme: Programme) -> None:
    coach, other = programme.coach(), programme.coach()
    one, marker = sent(programme, coach_id=coach)
    two, second = sent(programme, coach_id=coach)
    _elsewhere, _ = sent(programme, coach_id=other)
    for place, each in ((one, marker), (two, second)):
        take(programme, bounce(each, address(programme, place.contact_id)))
    assert tell(programme) == 1
    assert tell(programme) == 0
    assert content(programme) == [
        {"about": "programme", "kind": "bounced", "of": coach, "people": [one.contact_id, two.contact_id]}
    ]


def test_what_suspends_nobody_is_told_to_nobody(programme: Programme) -> None:
    place, marker = sent(programme, coach_id=programme.coach())
    take(programme, bounce(marker, address(programme, place.contact_id), "soft"))
    assert tell(programme) == 0


def test_of_whom_has_nothing_to_come_nobody_is_told(programme: Programme) -> None:
    place, marker = sent(programme, coach_id=programme.coach())
    programme.leave(place)
    take(programme, bounce(marker, address(programme, place.contact_id)))
    assert (tell(programme), bounces.without_coach(programme.region, NOON)) == (0, [])
    assert sql(programme.region, "SELECT told_at FROM bounce")[0].told_at == NOON


def test_a_session_without_a_coach_is_named_for_an_alert(programme: Programme) -> None:
    place, marker = sent(programme)
    take(programme, bounce(marker, address(programme, place.contact_id)))
    (alone,) = bounces.without_coach(programme.region, NOON)
    assert (alone.people, alone.title) == (1, "Boostez votre business")
    assert tell(programme) == 0
    assert bounces.without_coach(programme.region, NOON) == []


def test_letters_to_a_coach_that_come_back_are_named_for_an_alert(programme: Programme) -> None:
    coach = programme.coach()
    place, marker = sent(programme, coach_id=coach)
    take(programme, bounce(marker, address(programme, place.contact_id)))
    tell(programme)
    programme.post.send("mail")
    ((told, to),) = sql(
        programme.region,
        "SELECT f.marker, k.email FROM effect f, coach k WHERE f.subject LIKE 'bounced.%' AND k.id = :coach",
        coach=coach,
    )
    assert take(programme, bounce(str(told), str(to))) == "nobody"
    assert bounces.of_coaches(programme.region) == [coach]
    tell(programme)
    assert bounces.of_coaches(programme.region) == []
