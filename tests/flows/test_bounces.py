"""A letter that comes back, from the relay's report to the coach's telephone: real flows, a real relay, a real mailbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from connectors import clock
from connectors.region.cohorts import coaches
from connectors.region.people import bounces, contacts
from connectors.settings import settings
from core.bounces import Bounce
from flows.bounces import take_bounces_in
from flows.reminders import send_reminders
from tests.bounces import report
from tests.flows.stories import is_json
from tests.hands import sql
from tests.makers import NOON
from tests.programme import Programme
from tests.relays import Letters, relaying
from tests.worlds import Hub

pytestmark = [pytest.mark.database, pytest.mark.catalogue(1, 1), pytest.mark.slow]


@pytest.fixture
def hub(hub: Hub, letters: Letters) -> Iterator[Hub]:
    """A hub whose letters go to a relay that tells all."""
    with relaying(letters) as address:
        hub.settings = hub.settings.model_copy(update={"smtp_url": SecretStr(address), "sms_url": None})
        yield hub


@pytest.fixture
def mailbox(tmp_path: Path) -> Path:
    folder = tmp_path / "bounces"
    for name in ("new", "cur", "tmp"):
        (folder / name).mkdir(parents=True)
    return folder


@pytest.fixture
def programme(flowing: Hub, mailbox: Path, monkeypatch: pytest.MonkeyPatch) -> Programme:
    monkeypatch.setenv("BOOSTEZ_BOUNCES", str(mailbox))
    settings.cache_clear()
    made = Programme(flowing.region)
    monkeypatch.setattr(clock, "now", lambda: made.now)
    return made


def come_back(mailbox: Path, letters: Letters, number: int, name: str = "1.relay") -> None:
    """The relay's report that a letter which it took could not be delivered."""
    (recipients, message) = letters.taken[number]
    returned = "".join(f"{field}: {message[field]}\n" for field in ("From", "To", "Subject", "Message-ID"))
    raw = report(recipient=f"Final-Recipient: rfc822; {recipients[0]}", returned=returned)
    (mailbox / "new" / name).write_bytes(raw)


def test_a_letter_that_comes_back_suspends_the_address_and_its_coach_can_phone(
    programme: Programme, letters: Letters, mailbox: Path
) -> None:
    coach = coaches.keep(programme.region, "Inès", "ines@region.example")
    place = programme.enrol(programme.session(coach_id=coach.id), programme.person(name="Ada Roux"))
    send_reminders()
    assert len(letters.taken) == 1
    come_back(mailbox, letters, 0)
    come_back(mailbox, letters, 0, "2.relay")
    (mailbox / "new" / "3.spam").write_bytes(b"Subject: hello\n\nBuy now.\n")
    (mailbox / "new" / "4.other").write_bytes(report())

    told = take_bounces_in()

    assert is_json(told)
    assert told["came"] == {
        "read": {"reports": 3, "others": 1, "skipped": 0},
        "taken": {"suspended": 1, "noted": 0, "again": 1, "nobody": 0, "unknown": 1},
    }
    assert told["told"] == 1
    assert list((mailbox / "new").iterdir()) == []
    found = contacts.get(programme.region, place.contact_id)
    assert found is not None
    assert found.mail_stopped == "hard"
    send_reminders()
    assert [recipients for recipients, _ in letters.taken[1:]] == [["ines@region.example"]]
    assert letters.subjects[1] == "L’adresse d’une personne de vos séances ne prend plus nos courriels"
    text = letters.text(1).replace("\u00a0", " ").replace("\u202f", " ")
    assert "– Ada Roux, Firme" in text
    assert "06 12 34 56 78" in text
    assert "son adresse n’existe pas ou plus" in text
    again = take_bounces_in()
    assert (again["came"]["read"]["reports"], again["told"]) == (0, 0)


def test_without_a_coach_an_alert_tells_once(programme: Programme, letters: Letters, mailbox: Path) -> None:
    session = programme.session()
    programme.enrol(session)
    send_reminders()
    come_back(mailbox, letters, 0)
    for _ in range(2):
        take_bounces_in()
    rows = sql(programme.region, "SELECT cause, title, message, resolved_at IS NOT NULL AS over FROM alert")
    assert [(row.title, row.over) for row in rows] == [
        (f"Letters to people of {session.ref} come back", True)
    ]
    assert f"boostez session people {session.ref}" in rows[0].message
    assert "Personne" not in rows[0].message, "alerts go to many, and name nobody"


def test_letters_to_a_coach_that_come_back_are_an_alert(
    programme: Programme, letters: Letters, mailbox: Path
) -> None:
    coach = coaches.keep(programme.region, "Inès", "ines@region.example")
    place = programme.enrol(programme.session(coach_id=coach.id))
    sql(
        programme.region,
        "UPDATE reminder SET state = 'expired' WHERE enrolment_id = :e AND rule = 'week'",
        e=place.id,
    )
    send_reminders()
    numbers = [number for number, (to, _) in enumerate(letters.taken) if to == ["ines@region.example"]]
    come_back(mailbox, letters, numbers[0])
    for _ in range(2):
        take_bounces_in()
    rows = sql(programme.region, "SELECT title FROM alert")
    assert [row.title for row in rows] == [f"Letters to coach {coach.id} come back"]


def test_without_a_mailbox_what_the_web_hook_noted_is_told(
    programme: Programme, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BOOSTEZ_BOUNCES")
    settings.cache_clear()
    coach = coaches.keep(programme.region, "Inès", "ines@region.example")
    programme.enrol(programme.session(coach_id=coach.id))
    send_reminders()
    (to, message) = letters.taken[0]
    marker = str(message["Message-ID"]).strip("<>").partition("@")[0]
    assert (
        bounces.take(programme.region, Bounce(marker, to[0], "complaint", "", NOON, ""), NOON) == "suspended"
    )
    told = take_bounces_in()
    assert (told["came"], told["told"]) == (None, 1)
