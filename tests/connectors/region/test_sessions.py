from __future__ import annotations

import pytest

from connectors.region import sessions
from connectors.region.database import Region
from tests.programme import DAY, Programme

pytestmark = pytest.mark.database


def test_what_staff_write_is_what_people_read(programme: Programme) -> None:
    """A title with an override of direction read backwards on the portal, and a line end in one broke a letter's subject."""
    made = programme.session(
        title=" Vendre\u202e en\nligne ", summary="Un.\r\nDeux.\u200b", place="CCI\t de Lyon"
    )
    assert (made.title, made.summary, made.place) == ("Vendre en ligne", "Un.\nDeux.", "CCI de Lyon")
    changed = programme.change(made, title="Autre\u202e titre", address="1\u00ad place")
    assert (changed.title, changed.address) == ("Autre titre", "1 place")
    assert programme.cancel(made, reason="Neige\u202e\net verglas").reason == "Neige et verglas"


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


def test_places_are_counted(programme: Programme, region: Region) -> None:
    made = programme.session(capacity=2)
    for _ in range(4):
        programme.enrol(made)
    left = programme.enrol(made)
    programme.leave(left)
    (counted,) = sessions.upcoming(region, programme.now)
    assert (counted.taken, counted.waiting, counted.left) == (2, 2, 0)
    assert sessions.named(region, made.id) == sessions.named(region, made.ref) == counted
    assert sessions.named(region, "S-none") is None
