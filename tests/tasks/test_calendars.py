"""Officials' calendars on a real calendar server: when they are busy, and that what they move there moves nothing by itself."""

from __future__ import annotations

import datetime as dt
from typing import Any

import httpx
import pytest
from prefect.logging import disable_run_logger
from pydantic import SecretStr

from connectors.region.alerting import alerts
from connectors.region.dialogues import calendars, move_proposals
from connectors.region.dialogues.calendars import Interval
from connectors.region.dialogues.dialogues import Dialogue
from schemas.errors import Misconfigured, Refused
from tasks.announce import announce
from tasks.calendars import Read, read_calendars
from tests.calendars import PASSWORD, USER, Radicale, radicale
from tests.dialogue_world import STARTS, Dialogues
from tests.hands import sql
from tests.makers import NOON
from tests.worlds import Hub

__all__ = ["radicale"]
pytestmark = [pytest.mark.database, pytest.mark.catalogue(1, 1)]
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
BUSY = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//somebody//EN
BEGIN:VEVENT
UID:{uid}
DTSTAMP:20261101T000000Z
DTSTART:20261210T170000Z
DTEND:20261210T190000Z
SUMMARY:Dentist
END:VEVENT
END:VCALENDAR
"""


class Office(Dialogues):
    """Dialogues, and officials with a calendar program."""

    def __init__(self, hub: Hub, server: Radicale) -> None:
        super().__init__(hub.region)
        self.settings = hub.settings.model_copy(
            update={"caldav_url": server.base, "caldav_password": SecretStr(PASSWORD)}
        )
        self._server, self._http = server, httpx.Client(auth=(USER, PASSWORD), trust_env=False)

    def read_calendars(self) -> Read:
        with disable_run_logger():
            return read_calendars.fn(self.region, self.settings, self.now)

    def announce_all(self) -> None:
        with disable_run_logger():
            announce.fn(self.region, self.settings, ["caldav"])

    def put(self, calendar: str, name: str, content: str) -> None:
        self._http.request("MKCALENDAR", f"{self._server.base}/{calendar}/")
        self._http.put(
            f"{self._server.base}/{calendar}/{name}.ics",
            content=content.replace("\n", "\r\n"),
            headers={"Content-Type": "text/calendar"},
        ).raise_for_status()

    def event(self, dialogue: Dialogue) -> Any:
        """The dialogue in its official's calendar, as their program has it."""
        (found,) = [
            event
            for event in self._server.witness(f"o{dialogue.official_id}").events()
            if dialogue.ref in event.data
        ]
        return found

    def drag(self, dialogue: Dialogue, to: dt.datetime) -> None:
        """They drag it to another hour."""
        event = self.event(dialogue)
        component = event.icalendar_component
        for name, moment in (("DTSTART", to), ("DTEND", to + HOUR)):
            component[name].dt = moment.replace(tzinfo=component[name].dt.tzinfo)
        event.save(increase_seqno=False)

    def strike(self, dialogue: Dialogue) -> None:
        self.event(dialogue).delete()


@pytest.fixture
def office(hub: Hub, radicale: Radicale) -> Office:
    return Office(hub, radicale)


def announced(office: Office) -> Dialogue:
    """In the calendars, and read once: from now on what changes is somebody's doing."""
    made = office.announced()
    office.announce_all()
    assert office.read_calendars().proposed == 0
    return made


def starts_in_calendar(office: Office, made: Dialogue) -> dt.datetime:
    moment: dt.datetime = office.event(made).icalendar_component["DTSTART"].dt
    return moment.replace(tzinfo=None)


def test_when_they_are_busy_is_known_and_what_they_do_then_is_not(office: Office) -> None:
    official = office.official(calendar="ada")
    office.put("ada", "one", BUSY.format(uid=f"one-{official}"))
    for _ in range(2):
        assert office.read_calendars().intervals == 1
    with office.region.begin() as connection:
        found = calendars.busy(connection, "official", NOON, NOON + 30 * DAY)
    at = dt.datetime(2026, 12, 10, 17, tzinfo=dt.UTC)
    assert found == {official: [Interval(at, at + 2 * HOUR)]}
    columns = sql(
        office.region, "SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'busy'"
    )
    assert not {"title", "summary", "why"} & {row.name for row in columns}


def test_a_calendar_that_cannot_be_read_is_told_once_and_what_it_said_last_counts(office: Office) -> None:
    official = office.official(calendar="bo")
    office.put("bo", "one", BUSY.format(uid="bo-1"))
    office.read_calendars()
    sql(office.region, "UPDATE official SET calendar = 'nowhere' RETURNING 1")
    for _ in range(2):
        assert list(office.read_calendars().errors) == ["Élue 1"]
    (alert,) = alerts.unresolved(office.region)
    assert "cannot be read" in alert.title
    with office.region.begin() as connection:
        assert list(calendars.busy(connection, "official", NOON, NOON + 30 * DAY)) == [official]
    sql(office.region, "UPDATE official SET calendar = 'bo' RETURNING 1")
    office.read_calendars()
    assert alerts.unresolved(office.region) == []


def test_our_own_events_do_not_make_them_busy(office: Office) -> None:
    made = announced(office)
    sql(office.region, "UPDATE official SET calendar = 'o' || id RETURNING 1")
    assert office.read_calendars().intervals == 0
    assert made.official_id is not None


def test_what_they_move_is_proposed_and_moves_when_somebody_accepts(office: Office) -> None:
    made = announced(office)
    office.drag(made, STARTS + 2 * HOUR)
    assert office.read_calendars().proposed == 1
    assert office.read_calendars().proposed == 0, "told once"
    assert office.read(made).starts_wall == STARTS, "nothing moves silently"
    (proposed,) = move_proposals.waiting(office.region, office.now)
    (alert,) = alerts.unresolved(office.region)
    assert f"boostez dialogue accept-move {proposed.id}" in alert.message

    after = move_proposals.accept(office.region, office.hub, proposed.id, "Ada", office.now)
    assert (after.starts_wall, after.version) == (STARTS + 2 * HOUR, 2)
    assert office.letters()[-2:] == [
        f"moved official {made.official_id}",
        f"moved moderator {made.moderator_id}",
    ]
    office.announce_all()
    assert office.read_calendars().proposed == 0, "our own change is no proposal"
    assert starts_in_calendar(office, made) == STARTS + 2 * HOUR
    with pytest.raises(Refused, match="accepted already"):
        move_proposals.refuse(office.region, proposed.id, "Bo", office.now)


def test_what_is_refused_goes_back_into_their_calendar(office: Office) -> None:
    made = announced(office)
    office.drag(made, STARTS + DAY)
    office.read_calendars()
    (proposed,) = move_proposals.waiting(office.region, office.now)
    move_proposals.refuse(office.region, proposed.id, "Ada", office.now)
    office.announce_all()
    assert starts_in_calendar(office, made) == STARTS
    assert office.read_calendars().proposed == 0
    assert move_proposals.waiting(office.region, office.now) == []


def test_what_they_move_and_put_back_waits_no_more(office: Office) -> None:
    made = announced(office)
    office.drag(made, STARTS + DAY)
    office.read_calendars()
    office.drag(made, STARTS)
    assert office.read_calendars().proposed == 0
    assert move_proposals.waiting(office.region, office.now) == []


def test_what_they_strike_out_needs_somebody_to_decide(office: Office) -> None:
    made = announced(office)
    office.strike(made)
    assert office.read_calendars().proposed == 1
    (proposed,) = move_proposals.waiting(office.region, office.now)
    assert proposed.starts_wall is None
    with pytest.raises(Refused, match=f"boostez dialogue cancel {made.ref}"):
        move_proposals.accept(office.region, office.hub, proposed.id, "Ada", office.now)
    move_proposals.refuse(office.region, proposed.id, "Ada", office.now)
    office.announce_all()
    assert starts_in_calendar(office, made) == STARTS


def test_a_proposal_of_what_is_over_waits_no_more(office: Office) -> None:
    made = announced(office)
    office.drag(made, STARTS + DAY)
    office.read_calendars()
    assert made.starts_at is not None
    assert move_proposals.waiting(office.region, made.starts_at) == []
    with pytest.raises(Misconfigured, match="boostez dialogue moves"):
        move_proposals.accept(office.region, office.hub, 999, "Ada", office.now)
