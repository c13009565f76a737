"""The programme's letters as people receive them: a real ledger, a real SMTP server, read back by email and icalendar."""

from __future__ import annotations

import datetime as dt

import pytest

from connectors.region.firms import registrations
from connectors.region.firms.registrations import Asked
from connectors.region.people import contacts
from connectors.region.sessions import sheets, untold
from connectors.region.sessions.enrolments import Enrolment
from core.effects import Receipt
from schemas.firm import Consent, FirmDraft, PersonDraft, Registration
from tests.hands import sql
from tests.mailrooms import Mailroom
from tests.programme import BEGINS, DAY, ENDS, HOUR, STARTS, Programme

pytestmark = pytest.mark.database
WEEK_BEFORE = BEGINS - 7 * DAY
WHEN = "mardi 15 décembre 2026 à 14 h"


@pytest.fixture
def programme(room: Mailroom) -> Programme:
    return room.programme


def causes(receipts: list[Receipt]) -> list[str | None]:
    return [receipt.cause for receipt in receipts]


def ask(programme: Programme, session: str | None = None) -> Asked:
    return programme.ask(
        Registration(
            firm=FirmDraft("73282932000074", "Fournil des Pentes", postal_code="69001"),
            person=PersonDraft("Camille Durand", "camille@fournil.example"),
            told_at=programme.now,
            origin="form",
            consents=(Consent("sessions", "mail"),),
            session=session,
        )
    )


def told_version(programme: Programme, enrolment: Enrolment) -> int | None:
    ((version,),) = sql(
        programme.region, "SELECT told_version FROM enrolment WHERE id = :id", id=enrolment.id
    )
    found: int | None = version
    return found


class TestRegistering:
    def test_who_registers_confirms_and_has_a_place(self, room: Mailroom, programme: Programme) -> None:
        session = programme.session()
        ask(programme, session.ref)
        room.send()
        asked = room.only()
        assert asked.to == "camille@fournil.example"
        assert asked.subject == "Confirmez votre inscription : « Boostez votre business »"
        assert "Camille" not in asked.raw.decode(), "nobody has proved yet that the name is theirs"
        assert asked.calendar is None
        assert "List-Unsubscribe" not in asked.message

        ref = room.opened(asked, "registration")
        confirmed = registrations.confirm(programme.region, programme.rules, ref, programme.now)
        assert confirmed.enrolment is not None
        room.send()
        letter = room.only()
        assert letter.subject == f"Votre place : « Boostez votre business », {WHEN}"
        assert letter.text.startswith("Bonjour Camille Durand,\n")
        assert f"Le {WHEN}, jusqu’à 16 h\nCCI de Lyon\n" in letter.text
        assert "– par courriel, le mardi 8 décembre 2026 à 14 h" in letter.text
        assert '<a href="https://portail.example/' in letter.page
        assert room.opened(letter, "place") == str(confirmed.enrolment.id)
        assert room.opened(letter, "preferences") == str(confirmed.contact)
        assert "List-Unsubscribe" not in letter.message
        assert letter.calendar["method"] == "REQUEST"
        assert letter.event["uid"] == f"{session.ref}.{confirmed.contact}@portail.example"
        assert letter.event["sequence"] == 0
        assert letter.event["dtstart"].dt.astimezone(dt.UTC) == BEGINS
        assert letter.event["dtend"].dt.astimezone(dt.UTC) == ENDS

    def test_whoever_has_confirmed_by_another_way_is_not_asked_again(
        self, room: Mailroom, programme: Programme
    ) -> None:
        ask(programme)
        ref = sql(programme.region, "SELECT ref FROM registration")[0].ref
        registrations.confirm(programme.region, programme.rules, ref, programme.now)
        assert causes(room.send()) == ["moot"]

    def test_a_link_that_would_open_nothing_is_not_sent(self, room: Mailroom, programme: Programme) -> None:
        ask(programme)
        programme.now += dt.timedelta(hours=49)
        assert causes(room.send()) == ["moot"]
        assert room.take() == []

    def test_who_waits_is_promoted_and_who_left_loses_the_event(
        self, room: Mailroom, programme: Programme
    ) -> None:
        session = programme.session(capacity=1)
        first, second = programme.enrol(session), programme.enrol(session)
        room.send()
        place, waits = room.take()
        assert waits.subject.startswith("Liste d’attente")
        assert "en première position" in waits.text
        assert waits.calendar is None
        programme.now += HOUR
        programme.leave(first)
        room.send()
        left, promoted = room.take()
        assert (left.to, promoted.to) == (place.to, waits.to)
        assert left.calendar["method"] == "CANCEL"
        assert left.event["uid"] == place.event["uid"]
        assert left.event["sequence"] > place.event["sequence"]
        assert promoted.subject.startswith("Une place est à vous")
        assert promoted.calendar["method"] == "REQUEST"
        assert room.opened(promoted, "place") == str(second.id)
        assert told_version(programme, second) == 1

    def test_who_leaves_and_comes_back_before_the_post_left_has_one_letter(
        self, room: Mailroom, programme: Programme
    ) -> None:
        """Each of the two letters about a place told the newest one, so that it came twice."""
        session = programme.session()
        enrolment = programme.enrol(session)
        programme.leave(enrolment)
        assert programme.enrol(session, enrolment.contact_id).turn == 2
        assert causes(room.send()) == ["moot", "moot", None]
        assert room.only().event["sequence"] == 2


class TestChanging:
    def test_two_changes_before_the_post_leaves_are_one_letter_with_the_newest_time(
        self, room: Mailroom, programme: Programme
    ) -> None:
        session = programme.session(capacity=2)
        people = [programme.enrol(session) for _ in range(3)]
        room.send()
        room.take()
        programme.change(session, starts_wall=STARTS + DAY)
        programme.change(session, starts_wall=STARTS + 2 * DAY, place="Mairie de Lyon")
        receipts = room.send()
        assert sorted(map(str, causes(receipts))) == ["None"] * 3 + ["moot"] * 3
        letters = room.take()
        assert len({letter.to for letter in letters}) == len(people)
        for letter in letters:
            assert letter.subject == "Changement : « Boostez votre business », jeudi 17 décembre 2026 à 14 h"
            assert "jeudi 17 décembre 2026 à 14 h, jusqu’à 16 h\nMairie de Lyon\n" in letter.text
            assert "Le mercredi" not in letter.text
        assert [letter.calendar is None for letter in letters] == [False, False, True], (
            "who waits keeps nothing"
        )

    @pytest.mark.parametrize("backwards", [False, True])
    def test_a_change_before_the_place_was_told_is_told_with_it(
        self, room: Mailroom, programme: Programme, *, backwards: bool
    ) -> None:
        session = programme.session()
        enrolment = programme.enrol(session)
        programme.change(session, starts_wall=STARTS + DAY)
        room.send(backwards=backwards)
        letters = room.take()
        subjects = [letter.subject.partition(" :")[0] for letter in letters]
        assert subjects == (["Changement", "Votre place"] if backwards else ["Votre place"])
        assert {letter.event["dtstart"].dt.astimezone(dt.UTC) for letter in letters} == {BEGINS + DAY}
        assert told_version(programme, enrolment) == 2

    def test_a_change_after_the_relay_put_the_place_off_is_told_with_it(
        self, room: Mailroom, programme: Programme
    ) -> None:
        """Greylisted, the letter about the place left after that of the change, and said the same again."""
        session = programme.session()
        enrolment = programme.enrol(session)
        room.put_off()
        programme.change(session, starts_wall=STARTS + DAY)
        assert causes(room.send()) == [None, "moot"]
        letter = room.only()
        assert letter.subject.startswith("Votre place")
        assert letter.event["dtstart"].dt.astimezone(dt.UTC) == BEGINS + DAY
        assert told_version(programme, enrolment) == 2

    def test_a_change_while_the_place_is_under_way_is_told_for_itself(
        self, room: Mailroom, programme: Programme
    ) -> None:
        session = programme.session()
        programme.enrol(session)
        room.send()
        programme.change(session, starts_wall=STARTS + DAY)
        sql(programme.region, "UPDATE effect SET state = 'intent' WHERE subject LIKE 'registered.%'")
        assert causes(room.send()) == [None]
        assert [letter.subject.partition(" :")[0] for letter in room.take()] == ["Votre place", "Changement"]

    def test_a_change_afterwards_changes_the_same_event_in_the_same_conversation(
        self, room: Mailroom, programme: Programme
    ) -> None:
        session = programme.session()
        programme.enrol(session)
        room.send()
        before = room.only()
        programme.now += HOUR
        programme.change(session, starts_wall=STARTS + DAY)
        room.send()
        after = room.only()
        assert after.calendar["method"] == "REQUEST"
        assert after.event["uid"] == before.event["uid"]
        assert after.event["sequence"] == before.event["sequence"] + 1
        assert after.event.decoded("dtstamp") > before.event.decoded("dtstamp")
        assert after.message["References"] == after.message["In-Reply-To"] == before.message["References"]
        assert after.message["Message-ID"] != before.message["Message-ID"]
        assert before.message["References"].startswith(f"<session.{session.ref}.contact.")

    def test_a_letter_that_is_sent_again_says_the_same(self, room: Mailroom, programme: Programme) -> None:
        enrolment = programme.enrol(programme.session())
        room.send()
        first = room.only()
        sql(programme.region, "UPDATE effect SET state = 'planned', live_hash = NULL RETURNING id")
        programme.now += HOUR
        room.send()
        again = room.only()
        assert again.event.to_ical() == first.event.to_ical()
        assert room.opened(again, "place") == str(enrolment.id)

    def test_a_cancellation_strikes_the_event_out_and_silences_what_waited(
        self, room: Mailroom, programme: Programme
    ) -> None:
        session = programme.session(capacity=1)
        programme.enrol(session)
        programme.enrol(session)
        room.send()
        place, _ = room.take()
        programme.change(session, starts_wall=STARTS + DAY)
        programme.cancel(session, "La salle est inondée.")
        assert sorted(map(str, causes(room.send()))) == ["None", "None", "moot", "moot"]
        mine, waiting = room.take()
        assert mine.calendar["method"] == "CANCEL"
        assert mine.event["uid"] == place.event["uid"]
        assert mine.event["sequence"] > place.event["sequence"]
        assert mine.event["status"] == "CANCELLED"
        assert waiting.calendar is None
        for letter in (mine, waiting):
            assert letter.subject.startswith("Annulation : « Boostez votre business », mercredi 16 décembre")
            assert "La raison : La salle est inondée." in letter.text

    def test_nothing_about_a_place_is_told_once_the_session_has_begun(
        self, room: Mailroom, programme: Programme
    ) -> None:
        programme.enrol(programme.session())
        programme.now = BEGINS
        assert causes(room.send()) == ["moot"]

    def test_an_address_that_is_stopped_or_erased_is_written_to_no_more(
        self, room: Mailroom, programme: Programme
    ) -> None:
        session = programme.session()
        stopped, erased = programme.enrol(session), programme.enrol(session)
        with programme.region.begin() as connection:
            contacts.stop(connection, stopped.contact_id, "mail", "it bounced")
        programme.erase(erased.contact_id)
        assert causes(room.send()) == ["moot", "moot"]
        assert room.take() == []


class TestReminding:
    def due(self, room: Mailroom, now: dt.datetime = WEEK_BEFORE) -> None:
        """Everything that was called for before is sent; then it is ``now``, and what is due is in letters."""
        room.send()
        room.take()
        room.programme.now = now
        room.programme.queue()

    def test_a_consent_that_ends_while_its_letter_waits_is_refused_and_logged(
        self, room: Mailroom, programme: Programme
    ) -> None:
        enrolment = programme.enrol(programme.session())
        self.due(room)
        contacts.withdraw(programme.region, enrolment.contact_id, "preferences", programme.now)
        (receipt,) = room.send()
        assert (receipt.outcome, receipt.cause) == ("rejected", "consent")
        assert "1 refused" in (receipt.error or "")
        assert programme.reminders(enrolment)["week_before"] == "refused"
        assert room.take() == []

    def test_it_says_when_and_where_and_stands_in_the_conversation(
        self, room: Mailroom, programme: Programme
    ) -> None:
        session = programme.session()
        enrolment = programme.enrol(session)
        self.due(room)
        room.send()
        letter = room.only()
        assert letter.subject == f"Rappel : « Boostez votre business », {WHEN}"
        assert "CCI de Lyon" in letter.text
        assert letter.message["References"] == (
            f"<session.{session.ref}.contact.{enrolment.contact_id}@portail.example>"
        )
        assert room.opened(letter, "place") == str(enrolment.id)
        assert letter.calendar is None, "the event is in the calendar"

    def test_after_an_outage_one_letter_tells_of_everything(
        self, room: Mailroom, programme: Programme
    ) -> None:
        contact = programme.person()
        soon, later = programme.session(), programme.session(title="Deuxième", starts_wall=STARTS + DAY)
        for session in (later, soon):
            programme.enrol(session, contact)
        self.due(room, BEGINS - 3 * DAY)
        room.send()
        letter = room.only()
        assert letter.subject.startswith("Rappel : « Boostez votre business »")
        assert "À retenir aussi :\n\n« Deuxième »\nLe mercredi 16 décembre 2026 à 14 h" in letter.text
        programme.close()
        states = sql(
            programme.region, "SELECT rule, state FROM reminder WHERE state <> 'waiting' ORDER BY id"
        )
        assert [tuple(row) for row in states] == [("week_before", "sent")] * 2

    def test_in_quiet_hours_it_waits_for_the_morning(self, room: Mailroom, programme: Programme) -> None:
        enrolment = programme.enrol(programme.session())
        self.due(room)
        programme.now = dt.datetime(2026, 12, 8, 20, tzinfo=dt.UTC)  # 21:00 in Paris
        (receipt,) = room.send()
        assert (receipt.outcome, receipt.cause) == ("retry", None)
        assert receipt.after == 11 * 3600
        assert programme.reminders(enrolment)["week_before"] == "queued"
        assert room.take() == []

    def test_a_session_that_moved_while_its_reminder_waited_is_not_told_of(
        self, room: Mailroom, programme: Programme
    ) -> None:
        session = programme.session()
        programme.enrol(session)
        self.due(room)
        programme.change(session, starts_wall=STARTS + 14 * DAY)
        assert sorted(map(str, causes(room.send()))) == ["None", "moot"]
        assert room.only().subject.startswith("Changement")

    def test_thanks_lead_to_an_opinion(self, room: Mailroom, programme: Programme) -> None:
        session = programme.session()
        enrolment = programme.enrol(session)
        room.send()
        room.take()
        programme.now = ENDS + HOUR
        programme.sheet(session, enrolment)
        self.due(room, ENDS + 20 * HOUR)
        room.send()
        letter = room.only()
        assert letter.subject == "Merci de votre venue : « Boostez votre business »"
        assert room.opened(letter, "satisfaction") == str(enrolment.id)
        assert room.opened(letter, "unsubscribe") == f"{enrolment.contact_id}.follow_up.mail"


class TestCoaches:
    def test_a_coach_learns_whom_to_phone(self, room: Mailroom, programme: Programme) -> None:
        session = programme.session(coach_id=programme.coach())
        programme.enrol(session, programme.person(name="Camille Durand", phone="+33612345678"))
        room.send()
        room.take()
        programme.now = BEGINS - 2 * DAY
        programme.queue()
        assert untold.tell_coaches(programme.region, programme.now) == 1
        assert untold.tell_coaches(programme.region, programme.now) == 0
        room.send()
        letter = room.only()
        assert letter.to.endswith("@region.example")
        assert letter.subject == "Une personne n’a pas reçu son rappel : à appeler"
        assert "– Camille Durand, Firme" in letter.text
        assert ": 06 12 34 56 78, " in letter.text
        assert "le rappel d’une semaine avant, il était trop tard pour l’envoyer" in letter.text

    def test_who_left_or_was_erased_meanwhile_is_nobody_to_phone(
        self, room: Mailroom, programme: Programme
    ) -> None:
        session = programme.session(coach_id=programme.coach())
        left, erased = programme.enrol(session), programme.enrol(session)
        room.send()
        room.take()
        programme.now = BEGINS - 2 * DAY
        programme.queue()
        untold.tell_coaches(programme.region, programme.now)
        programme.leave(left)
        programme.erase(erased.contact_id)
        assert causes(room.send())[0] == "moot"
        assert [letter.subject.partition(" :")[0] for letter in room.take()] == ["Votre place est rendue"]

    def test_a_coach_is_asked_who_came_until_it_is_known(self, room: Mailroom, programme: Programme) -> None:
        session = programme.session(coach_id=programme.coach())
        enrolment = programme.enrol(session)
        room.send()
        room.take()
        programme.now = ENDS + HOUR
        assert sheets.ask(programme.region, programme.now) == 1
        room.send()
        letter = room.only()
        assert letter.subject.startswith("Qui est venu ? « Boostez votre business »")
        assert room.opened(letter, "sheet") == f"{session.ref}.{session.coach_id}"
        sql(
            programme.region,
            "UPDATE effect SET state = 'planned', live_hash = NULL WHERE content ->> 'kind' = 'sheet' RETURNING id",
        )
        programme.sheet(session, enrolment)
        assert causes(room.send()) == ["moot"]

    def test_a_coach_who_has_ended_is_not_written_to(self, room: Mailroom, programme: Programme) -> None:
        session = programme.session(coach_id=programme.coach())
        programme.enrol(session)
        room.send()
        room.take()
        programme.now = BEGINS - 2 * DAY
        programme.queue()
        untold.tell_coaches(programme.region, programme.now)
        sql(programme.region, "UPDATE coach SET ended_at = :now RETURNING id", now=programme.now)
        assert causes(room.send()) == ["moot"]


def test_a_letter_about_what_is_not_there_any_more_is_moot(room: Mailroom, programme: Programme) -> None:
    programme.enrol(programme.session())
    sql(programme.region, "UPDATE effect SET content = content || '{\"of\": 999}' RETURNING id")
    assert causes(room.send()) == ["moot"]
