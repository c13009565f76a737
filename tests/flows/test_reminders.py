"""A session from its opening to the letter that thanks for coming, through the real flows and a real relay, on a set clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.exceptions import ParameterTypeError
from pydantic import SecretStr
from sqlalchemy import text

from connectors import clock
from connectors.region.access import acts
from connectors.region.alerting import alerts
from connectors.region.cohorts import coaches
from connectors.region.sessions import attendees
from connectors.reminder_rules import reminder_rules
from flows.reminders import send_reminders
from flows.sessions import cancel_session, hold_session, move_session
from schemas.errors import Misconfigured, Refused
from tests.flows.stories import is_json
from tests.programme import Programme
from tests.relays import Letters, relaying
from tests.worlds import Hub

pytestmark = [pytest.mark.database, pytest.mark.catalogue(1, 1), pytest.mark.slow]
MONDAY = dt.datetime.fromisoformat("2027-03-08T10:00:00+00:00")
STARTS = dt.datetime.fromisoformat("2027-04-13T18:30")  # clocks went forward in between: 16:30 in UTC


@pytest.fixture
def hub(hub: Hub, letters: Letters) -> Iterator[Hub]:
    """A hub whose letters go to a relay that tells all."""
    with relaying(letters) as address:
        hub.settings = hub.settings.model_copy(update={"smtp_url": SecretStr(address), "sms_url": None})
        yield hub


class Clock:
    def __init__(self, programme: Programme, monkeypatch: pytest.MonkeyPatch) -> None:
        self._programme = programme
        monkeypatch.setattr(clock, "now", lambda: self._programme.now)

    def at(self, moment: str) -> None:
        self._programme.now = dt.datetime.fromisoformat(moment).replace(tzinfo=dt.UTC)


@pytest.fixture
def programme(flowing: Hub) -> Programme:
    rules = reminder_rules(flowing.settings.reminders_file)
    return Programme(flowing.region, rules, now=MONDAY)


@pytest.fixture(autouse=True)
def set_clock(programme: Programme, monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(programme, monkeypatch)


def held(**changes: Any) -> dict[str, Any]:
    asked: dict[str, Any] = {"title": "Boostez votre business", "starts": STARTS}
    asked |= {"minutes": 120, "capacity": 2, "by": "Ada"}
    told: dict[str, Any] = hold_session(**(asked | {"place": "CCI de Lyon", "department": "69"} | changes))
    return told


def test_from_the_opening_to_the_thanks(programme: Programme, set_clock: Clock, letters: Letters) -> None:
    coaches.keep(programme.region, "Camille", "camille@region.example")
    told = held(coach="camille@region.example")
    assert is_json(told)
    session = programme.read(programme_session(programme, told["ref"]))
    came, missed = programme.enrol(session), programme.enrol(session)
    for moment in (
        "2027-03-08T10:00",
        "2027-04-06T16:29",
        "2027-04-06T16:30",
        "2027-04-06T16:31",
        "2027-04-12T16:30",
        "2027-04-13T14:30",  # there is no gateway for texts: what was to go by SMS goes by mail a minute later
        "2027-04-13T14:31",
    ):
        set_clock.at(moment)
        assert is_json(send_reminders())
    assert len(letters.taken) == 8, "two people: registered, J-7, J-1, H-2"
    assert all("13\u00a0avril" in letters.text(number) for number in range(8)), "every letter says the day"
    set_clock.at("2027-04-13T18:31")
    send_reminders()
    assert [to for to, _ in letters.taken[8:]] == [["camille@region.example"]], (
        "the coach is asked who came, once"
    )
    programme.sheet(session, came)
    set_clock.at("2027-04-15T08:00")
    send_reminders()
    after = {to[0]: message for to, message in letters.taken[9:]}
    assert len(after) == 2
    states = [programme.reminders(each) for each in (came, missed)]
    assert states[0]["thanks"] == states[1]["missed"] == "sent"
    assert states[0]["missed"] in {"void", "waiting"}
    assert states[1]["thanks"] in {"void", "waiting"}


def programme_session(programme: Programme, ref: str) -> Any:
    from connectors.region.sessions import sessions

    found = sessions.named(programme.region, ref)
    assert found is not None
    return found


def test_after_a_week_away_what_is_too_late_is_told_to_the_coach_and_one_letter_catches_up(
    programme: Programme, set_clock: Clock, letters: Letters
) -> None:
    coaches.keep(programme.region, "Camille", "camille@region.example")
    near = programme_session(programme, held(coach="camille@region.example")["ref"])
    soon = programme_session(programme, held(starts=dt.datetime.fromisoformat("2027-04-16T14:00"))["ref"])
    person = programme.person()
    for session in (near, soon):
        programme.enrol(session, person)
    set_clock.at("2027-03-08T10:00")
    send_reminders()
    before = len(letters.taken)
    set_clock.at("2027-04-13T12:00")  # the hub was away for five weeks; the first session is this evening
    send_reminders()
    to_person = [message for to, message in letters.taken[before:] if to != ["camille@region.example"]]
    to_coach = [message for to, message in letters.taken[before:] if to == ["camille@region.example"]]
    assert len(to_person) == 1, "one message, not a storm"
    assert len(to_coach) == 1
    for _ in range(3):
        send_reminders()
    assert len(letters.taken) == before + 2, "nothing is said twice"


def test_moved_and_cancelled_by_the_forms(programme: Programme, set_clock: Clock, letters: Letters) -> None:
    set_clock.at("2027-03-08T10:00")
    ref = held()["ref"]
    enrolled = programme.enrol(programme_session(programme, ref))
    send_reminders()
    moved = move_session(ref, "Ada", starts=dt.datetime.fromisoformat("2027-04-20T18:30"))
    assert (moved["version"], moved["starts_at"][:16]) == (2, "2027-04-20T16:30")
    send_reminders()
    assert "20\u00a0avril" in letters.text(1)
    assert set(programme.reminders(enrolled, version=1).values()) == {"void"}
    cancelled = cancel_session(ref, reason="La salle est inondée.", by="Bo")
    assert cancelled["state"] == "cancelled"
    send_reminders()
    assert "La salle est inondée." in letters.text(2)
    assert set(programme.reminders(enrolled, version=2).values()) == {"void"}
    with pytest.raises(Refused, match="cancelled"):
        move_session(ref, "Ada", capacity=5)
    assert len(letters.taken) == 3
    done = [(act.by, act.did) for act in acts.listed(programme.region, on=f"session {ref}")]
    assert done == [("Bo", "cancelled"), ("Ada", "changed"), ("Ada", "kept")]


def test_a_session_without_a_coach_has_an_alert_tell_once(
    programme: Programme, set_clock: Clock, flowing: Hub
) -> None:
    set_clock.at("2027-03-08T10:00")
    ref = held()["ref"]
    programme.enrol(programme_session(programme, ref), programme.person())
    set_clock.at("2027-04-13T17:00")  # it has begun
    for _ in range(2):
        send_reminders()
    with flowing.region.begin() as connection:
        told = connection.execute(text("SELECT title, message FROM alert")).all()
    ((title, message),) = told
    assert title.endswith(f"reminders of {ref} were not sent")
    assert "boostez reminders list" in message
    assert "@" not in message
    assert alerts.unresolved(flowing.region) == []
    assert {each.state for each in attendees.reminded(flowing.region, session=ref)} >= {"expired"}


@pytest.mark.parametrize(
    "wrong",
    [{"minutes": 0}, {"capacity": 0}, {"title": "X"}, {"kind": "coaching"}],
)
def test_the_form_takes_no_nonsense(wrong: dict[str, Any]) -> None:
    with pytest.raises(ParameterTypeError, match=next(iter(wrong))):
        held(**wrong)


def test_a_session_needs_a_known_coach_and_a_time_to_come() -> None:
    with pytest.raises(Misconfigured, match="No coach"):
        held(coach="nobody@region.example")
    with pytest.raises(Refused, match="already"):
        held(starts=dt.datetime.fromisoformat("2027-03-01T10:00"))


def test_its_run_says_what_for() -> None:
    held(title="Instagram pour débuter")
    with get_client(sync_client=True) as client:
        names = [run.name for run in client.read_flow_runs()]
    assert "hold Instagram pour débuter" in names
