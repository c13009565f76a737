"""Sessions: held from now on, found by residents, and the places that are left."""

from __future__ import annotations

import datetime as dt

import pytest

from connectors.region.database import Region
from connectors.region.sessions import sessions
from schemas.errors import Misconfigured, Refused, Rejected
from tests.makers import NOON
from tests.programme import BEGINS, DAY, ENDS, STARTS, Programme

pytestmark = pytest.mark.database


def test_a_session_is_kept_as_it_was_said_and_its_instants_follow(programme: Programme) -> None:
    session = programme.session(link="https://visio.example/1", department="69", summary="…")
    assert (session.starts_wall, session.zone, session.starts_at, session.ends_at) == (
        STARTS,
        "Europe/Paris",
        BEGINS,
        ENDS,
    )
    assert (session.version, session.state, session.reason, session.changed_at) == (1, "open", None, NOON)
    assert (session.taken, session.waiting, session.left) == (0, 0, 10)
    assert (
        sessions.named(programme.region, session.ref)
        == session
        == sessions.named(programme.region, session.id)
    )


def test_what_staff_write_is_what_people_read(programme: Programme) -> None:
    """A title with an override of direction read backwards on the portal, and a line end in one broke a letter's subject."""
    made = programme.session(
        title=" Vendre\u202e en\nligne ", summary="Un.\r\nDeux.\u200b", place="CCI\t de Lyon"
    )
    assert (made.title, made.summary, made.place) == ("Vendre en ligne", "Un.\nDeux.", "CCI de Lyon")
    changed = programme.change(made, title="Autre\u202e titre", address="1\u00ad place")
    assert (changed.title, changed.address) == ("Autre titre", "1 place")
    assert programme.cancel(made, reason="Neige\u202e\net verglas").reason == "Neige et verglas"


def test_each_session_has_a_reference_of_its_own(programme: Programme) -> None:
    assert len({programme.session().ref for _ in range(20)}) == 20


def test_a_session_that_would_have_begun_is_refused(programme: Programme) -> None:
    with pytest.raises(Refused, match="would have begun already"):
        programme.session(starts_wall=dt.datetime.fromisoformat("2026-11-24T13:00"))  # it is 13:00 in Paris
    with pytest.raises(Rejected, match="No time zone"):
        programme.session(zone="Europe/Lyon")


def test_an_hour_that_clocks_skip_is_as_much_later(programme: Programme) -> None:
    session = programme.session(starts_wall=dt.datetime.fromisoformat("2027-03-28T02:30"), minutes=60)
    assert session.starts_at == dt.datetime(2027, 3, 28, 1, 30, tzinfo=dt.UTC)
    assert session.ends_at - session.starts_at == dt.timedelta(hours=1)


def test_places_are_counted_as_they_are_taken_and_none_is_left_while_somebody_waits(
    programme: Programme,
) -> None:
    session = programme.session(capacity=2)
    one, other = programme.enrol(session), programme.enrol(session)
    programme.enrol(session)
    assert _counts(programme, session) == (2, 1, 0)
    programme.now = BEGINS - dt.timedelta(hours=1)
    programme.leave(one)
    assert _counts(programme, session) == (1, 1, 0), (
        "who waits cannot come any more, and nobody overtakes them"
    )
    programme.attend(other)
    assert _counts(programme, session) == (1, 1, 0)


def _counts(programme: Programme, session: sessions.Session) -> tuple[int, int, int]:
    found = programme.read(session)
    return found.taken, found.waiting, found.left


def test_fewer_places_than_people_leave_none(programme: Programme) -> None:
    session = programme.session(capacity=2)
    programme.enrol(session)
    programme.enrol(session)
    programme.change(session, capacity=1)
    assert programme.read(session).left == 0


def test_to_come_are_open_sessions_that_have_not_begun(programme: Programme, region: Region) -> None:
    first, second, off = (
        programme.session(),
        programme.session(kind="dialogue", department="15"),
        programme.session(),
    )
    programme.session(state="draft")
    programme.change(second, starts_wall=second.starts_wall - DAY)
    programme.cancel(off)

    def found(**asked: object) -> list[int]:
        return [each.id for each in sessions.upcoming(region, programme.now, **asked)]  # type: ignore[arg-type]

    assert found() == [second.id, first.id]
    assert found(cancelled=True) == [second.id, first.id, off.id]
    assert found(kinds=["seminar"]) == [first.id]
    assert found(department="15") == [second.id]
    assert found(limit=1) == [second.id]
    assert sessions.upcoming(region, first.ends_at) == []
    assert sessions.number_upcoming(region, programme.now) == 2


def test_a_session_that_there_is_not_says_so(programme: Programme) -> None:
    assert sessions.named(programme.region, "S-none") is None
    known = programme.session()
    with programme.region.begin() as connection:
        for which in (99, "S-none"):
            with pytest.raises(Misconfigured, match=f"No session {which}"):
                sessions.lock(connection, which)
        with pytest.raises(Misconfigured, match="No session S-none"):
            sessions.lock_both(connection, known.id, "S-none")


def test_two_sessions_are_locked_whichever_comes_first_and_one_twice(programme: Programme) -> None:
    one, other = programme.session(), programme.session()
    with programme.region.begin() as connection:
        for first, second in ((one, other), (other, one), (one, one)):
            found = sessions.lock_both(connection, first.id, second.ref)
            assert (found[0].id, found[1].id) == (first.id, second.id)
