"""The programme's letters as people read them: every kind, whatever is not known, whatever somebody wrote."""

from __future__ import annotations

import datetime as dt
import email
import re
from email import policy
from typing import Any, Final, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar
from pydantic import SecretStr

from connectors.mail import programme_words
from connectors.mail.programme_words import House
from connectors.mail.rendering import TEMPLATES
from connectors.mail.wire import Letter, as_html, compose
from connectors.programme_links import Links
from connectors.region.cohorts.programme_letters import Missed, Person, Placed, Sheet, Unconfirmed
from connectors.reminder_rules import reminder_rules
from connectors.reminding import Part, Reminding
from connectors.seals import Opener, Seals
from connectors.settings import Settings
from core.letters import PLACES, PlaceKind
from core.reminders import Audience, Rule
from deployments import letter_examples
from deployments.letter_examples import COACH, NOW, place, session
from schemas.firm import Consent

SETTINGS: Final = Settings(
    portal_url="https://portail.example",
    portal_secret=SecretStr("s" * 40),
    mail_from="boostez@portail.example",
)
SEALS: Final = Seals(SETTINGS)
LINKS: Final = Links(SEALS, SETTINGS.public_url, NOW)
HOUSE: Final = House(SETTINGS.sender, "aide@region.example")
RULES: Final = reminder_rules(SETTINGS.reminders_file)
BY_TEMPLATE: Final = {rule.template: rule for rule in RULES}
WHEN: Final = "mardi 8\u00a0décembre 2026 à 18\u00a0h\u00a030"
EVERY: Final = {
    name: letter
    for name, letter in letter_examples.letters(SETTINGS, RULES).items()
    if isinstance(letter, Letter)
}


def with_session(made: Placed, **changes: Any) -> Placed:
    return msgspec.structs.replace(made, session=msgspec.structs.replace(made.session, **changes))


def with_person(made: Placed, **changes: Any) -> Placed:
    return msgspec.structs.replace(made, person=msgspec.structs.replace(made.person, **changes))


def place_letter(about: PlaceKind, made: Placed | None = None, house: House = HOUSE) -> Letter:
    attendance: Any = {"waiting": "waiting", "left": "left"}.get(about, "registered")
    return programme_words.place_letter(about, made or place(attendance), RULES, LINKS, house)


def reminder_letter(*parts: tuple[Rule, Placed]) -> Letter:
    told = Reminding(parts[0][1].person, tuple(Part(rule, made) for rule, made in parts))
    return programme_words.reminder_letter(told, LINKS, HOUSE)


def links(letter: Letter) -> list[str]:
    return re.findall(r"^https://portail\.example\S+$", letter.text, re.MULTILINE)


def opened(letter: Letter, purpose: Opener) -> list[str]:
    """What the letter's links for a purpose name."""
    words = (SEALS.opened(purpose, link.rpartition("/")[2], NOW, None) for link in links(letter))
    return [word for word in words if word is not None]


@pytest.mark.parametrize("name", EVERY)
class TestEveryLetter:
    def test_it_is_french_as_it_is_set(self, name: str) -> None:
        told = f"{EVERY[name].subject}\n{EVERY[name].text}"
        prose = re.sub(r"https?://\S+|\S+@\S+|Reçu\s: .*", "", told)  # a value that was received is as it was
        assert not re.search("'|\"|\\.\\.\\.| [;!?:»]|« |[^\u00a0\u202f\\w]:|[^\u202f][!?;]", prose)

    def test_it_says_no_day_that_is_none_when_it_comes_late(self, name: str) -> None:
        told = f"{EVERY[name].subject} {EVERY[name].text}".lower()
        assert not re.search(
            r"demain|aujourd|\bhier\b|ce soir|ce matin|dans deux heures|la semaine prochaine", told
        )

    def test_its_subject_is_a_line_and_its_text_paragraphs(self, name: str) -> None:
        letter = EVERY[name]
        assert 10 < len(letter.subject) < 160
        assert "\n" not in letter.subject
        assert "\n\n\n" not in letter.text
        assert letter.text.endswith("\n")
        assert letter.text.startswith("Bonjour")
        assert "Boostez votre Région, Auvergne-Rhône-Alpes\n" in letter.text

    def test_every_link_stands_on_a_line_of_its_own_so_that_it_can_be_pressed(self, name: str) -> None:
        letter = EVERY[name]
        page = letter.html or as_html(letter.subject, letter.text)
        assert len(re.findall("https?://", letter.text)) == page.count("<a href=")


def test_every_kind_of_letter_is_among_the_examples() -> None:
    from schemas.letters import Kind

    assert set(get_args(Kind)) - {"reminder"} <= set(EVERY)
    assert {f"reminder.{rule.name}" for rule in RULES if "mail" in rule.transports} <= set(EVERY)


def test_every_template_has_words_and_every_audience_a_paragraph_among_others() -> None:
    assert {rule.template for rule in RULES} <= TEMPLATES
    leading = (BY_TEMPLATE["week_before"], place())
    for rule in RULES:
        for audience in get_args(Audience):
            told = reminder_letter(
                leading,
                (msgspec.structs.replace(rule, audience=audience), with_session(place(), title="Autre")),
            )
            assert "« Autre »".replace(" ", "\u00a0") in told.text


@pytest.mark.parametrize("about", PLACES)
def test_a_letter_about_a_place_says_when_and_leads_to_the_preferences(about: PlaceKind) -> None:
    told = place_letter(about)
    assert WHEN in told.subject
    assert WHEN in told.text
    assert opened(told, "preferences") == ["1"]
    assert told.thread == "session.S-exemple1.contact.1"
    assert told.unsubscribe is None, "it is an answer to what they asked for, not something to opt out of"
    assert told.to == "camille@fournil.example"
    assert "aide@region.example" in told.text


@pytest.mark.parametrize("about", ["registered", "promoted", "moved", "waiting"])
def test_a_place_can_be_given_back_by_the_letter(about: PlaceKind) -> None:
    assert opened(place_letter(about), "place") == ["1"]


def test_who_waits_learns_their_position() -> None:
    assert "en 3e position" in place_letter("waiting").text
    first = msgspec.structs.replace(place("waiting"), position=1)
    assert "en première position" in place_letter("waiting", first).text


def test_a_cancellation_says_why() -> None:
    told = place_letter("cancelled", with_session(place(), reason="La salle est\nfermée."))
    assert "La raison\u00a0: La salle est fermée." in told.text
    assert "La raison" not in place_letter("cancelled").text


class TestCalendar:
    @pytest.mark.parametrize(
        ("about", "method"),
        [
            ("registered", "REQUEST"),
            ("promoted", "REQUEST"),
            ("moved", "REQUEST"),
            ("cancelled", "CANCEL"),
            ("left", "CANCEL"),
        ],
    )
    def test_a_place_is_kept_changed_or_struck_out(self, about: PlaceKind, method: str) -> None:
        told = place_letter(about)
        assert told.calendar is not None
        calendar = Calendar.from_ical(told.calendar.content)
        assert told.calendar.method == calendar["method"] == method
        (event,) = calendar.walk("VEVENT")
        assert event["uid"] == "S-exemple1.1@portail.example"
        assert event["attendee"] == "mailto:camille@fournil.example"
        assert event["organizer"] == "mailto:boostez@portail.example"
        assert event["url"] == "https://portail.example/seances/S-exemple1"
        assert event["location"] == "Maison des entreprises, 12 rue de la République, 69002 Lyon"
        assert "inscription/suivi" not in told.calendar.content.decode(), "people share their calendars"

    @pytest.mark.parametrize("about", ["waiting", "moved", "cancelled"])
    def test_who_waits_has_nothing_to_keep(self, about: PlaceKind) -> None:
        told = place_letter(about, place("waiting"))
        assert told.calendar is None
        assert "fichier joint" not in told.text

    def test_its_stamp_is_when_what_it_says_changed(self) -> None:
        later = NOW + dt.timedelta(days=1)
        for made in (
            with_session(place(), changed_at=later),
            msgspec.structs.replace(place(), since=later),
        ):
            calendar = place_letter("registered", made).calendar
            assert calendar is not None
            (event,) = Calendar.from_ical(calendar.content).walk("VEVENT")
            assert event.decoded("dtstamp") == later

    def test_one_that_is_online_is_held_at_its_link(self) -> None:
        calendar = place_letter("registered", place(kind="coaching")).calendar
        assert calendar is not None
        (event,) = Calendar.from_ical(calendar.content).walk("VEVENT")
        assert event["location"] == "https://visio.example/salle-12"
        assert "url" not in event, "a cohort's session has no public page"


class TestWhereItIsOnline:
    """Whoever has the link is in the room: an early draft gave it to everybody who asked for a place."""

    def test_it_is_told_to_who_has_a_place(self) -> None:
        online = with_session(place(), link="https://visio.example/x", place=None)
        assert "https://visio.example/x" in place_letter("registered", online).text

    @pytest.mark.parametrize("about", ["moved", "waiting"])
    def test_it_is_not_told_to_who_waits(self, about: PlaceKind) -> None:
        online = with_session(place("waiting"), link="https://visio.example/x", place=None)
        letter = place_letter(about, online)
        assert "visio.example" not in letter.text
        assert letter.calendar is None or b"visio.example" not in letter.calendar.content

    def test_it_is_not_told_to_who_has_not_confirmed(self) -> None:
        online = msgspec.structs.replace(session(), link="https://visio.example/x", place=None)
        letter = programme_words.confirm_letter(
            Unconfirmed("I-x", "a@x.example", NOW, online), LINKS, HOUSE, NOW
        )
        assert "visio.example" not in letter.text
        assert "En ligne, à une adresse qui vous est donnée avec votre place" in letter.text


class TestWhatWillCome:
    def planned(self, made: Placed) -> list[tuple[str, str]]:
        return [
            (each["by"], each["on"].replace("\u00a0", " ")) for each in programme_words.planned(made, RULES)
        ]

    def test_the_reminders_that_they_agreed_to_are_told_with_their_days(self) -> None:
        assert self.planned(place()) == [
            ("mail", "mardi 1er décembre 2026 à 18 h 30"),
            ("mail", "lundi 7 décembre 2026 à 18 h 30"),
            ("sms", "mardi 8 décembre 2026 à 16 h 30"),
        ]
        assert "–\u00a0par SMS, le mardi 8" in place_letter("registered").text

    def test_by_mail_alone_the_last_comes_by_mail(self) -> None:
        made = with_person(place(), agreed=frozenset({Consent("sessions", "mail")}))
        assert [by for by, _ in self.planned(made)] == ["mail", "mail", "mail"]

    @pytest.mark.parametrize("kind", ["registered", "promoted", "moved"])
    def test_without_consent_none_are_promised(self, kind: PlaceKind) -> None:
        for agreed in (frozenset[Consent](), frozenset({Consent("invitations", "mail")})):
            made = with_person(place(), agreed=agreed)
            assert self.planned(made) == []
            assert "Vous n’avez pas demandé de rappel" in place_letter(kind, made).text

    def test_without_a_number_none_comes_by_text(self) -> None:
        made = with_person(place(), phone=None, agreed=frozenset({Consent("sessions", "sms")}))
        assert self.planned(made) == []

    def test_shortly_before_no_more_are_promised(self) -> None:
        made = msgspec.structs.replace(place(), armed_at=place().session.starts_at - dt.timedelta(hours=2))
        assert "La séance est proche" in place_letter("registered", made).text


class TestConfirming:
    def letter(self, asked: Unconfirmed, now: dt.datetime = NOW) -> Letter:
        return programme_words.confirm_letter(asked, LINKS, HOUSE, now)

    def test_it_leads_to_the_registration_and_says_what_happens_without(self) -> None:
        told = self.letter(Unconfirmed("I-1", "a@b.example", NOW, session()))
        assert opened(told, "registration") == ["I-1"]
        assert (told.to, told.calendar, told.thread, told.unsubscribe) == ("a@b.example", None, None, None)
        assert WHEN in told.text
        assert "effacé au bout de 48 heures" in told.text

    def test_without_a_session_it_is_about_the_programme(self) -> None:
        told = self.letter(Unconfirmed("I-1", "a@b.example", NOW, None))
        assert told.subject == "Confirmez votre inscription"
        assert "au programme Boostez votre Région" in told.text

    def test_a_session_that_takes_nobody_any_more_says_so(self) -> None:
        cancelled = msgspec.structs.replace(session(), state="cancelled")
        begun = (session(), session().starts_at)
        for asked, now in ((cancelled, NOW), begun):
            told = self.letter(Unconfirmed("I-1", "a@b.example", NOW, asked), now)
            assert "elle a commencé ou a été annulée" in told.text


class TestReminder:
    @pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
    def test_it_says_who_writes_why_from_where_and_how_to_end_it(self, rule: Rule) -> None:
        told = reminder_letter((rule, place()))
        assert told.unsubscribe is not None
        assert told.unsubscribe in links(told)
        assert opened(told, "unsubscribe") == [f"1.{rule.purpose}.mail"]
        assert opened(told, "preferences") == ["1"]
        assert "La Région Auvergne-Rhône-Alpes vous l’envoie parce que vous avez accepté" in told.text
        assert "votre inscription sur le portail" in told.text
        assert told.thread == "session.S-exemple1.contact.1"

    def test_who_was_imported_learns_from_where(self) -> None:
        told = reminder_letter((RULES[0], with_person(place(), origin="Séminaire de Lyon, mars 2017")))
        assert "transmise («\u00a0Séminaire de Lyon, mars 2017\u00a0»)" in told.text

    @pytest.mark.parametrize("rule", [rule for rule in RULES if rule.is_before], ids=lambda rule: rule.name)
    def test_before_a_session_it_says_when_where_what_to_bring_and_how_to_leave(self, rule: Rule) -> None:
        told = reminder_letter((rule, place()))
        assert WHEN in told.subject
        for words in (WHEN, "Maison des entreprises\n12 rue de la République, 69002 Lyon\n", "À apporter"):
            assert words in told.text
        assert opened(told, "place") == ["1"]

    def test_thanks_ask_for_an_opinion(self) -> None:
        assert opened(reminder_letter((BY_TEMPLATE["thanks"], place("present"))), "satisfaction") == ["1"]

    def test_who_was_absent_twice_is_led_to_their_coach(self) -> None:
        rule = BY_TEMPLATE["two_absences"]
        assert COACH.email in reminder_letter((rule, place("absent", "coaching"))).text
        alone = msgspec.structs.replace(place("absent", "coaching"), coach=None)
        assert "aide@region.example" in reminder_letter((rule, alone)).text

    @given(st.lists(st.sampled_from(RULES), min_size=1, max_size=8))
    def test_one_letter_tells_of_all_that_it_covers(self, rules: list[Rule]) -> None:
        parts = [
            (
                rule,
                msgspec.structs.replace(
                    with_session(place(), id=n, ref=f"S-{n}", title=f"T{n}"), enrolment=n
                ),
            )
            for n, rule in enumerate(rules, 1)
        ]
        told = reminder_letter(*parts)
        assert told.thread == "session.S-1.contact.1"
        assert opened(told, "unsubscribe") == [f"1.{rules[0].purpose}.mail"]
        places = [str(n) for n, rule in enumerate(rules, 1) if rule.is_before]
        assert opened(told, "place") == places
        assert opened(told, "satisfaction") == [
            str(n) for n, rule in enumerate(rules, 1) if rule.template == "thanks"
        ]
        for n in range(2, len(rules) + 1):
            assert f"«\u00a0T{n}\u00a0»" in told.text


class TestCoach:
    def missed(self, **changes: Any) -> Missed:
        made = Missed(
            state="expired",
            rule=RULES[0].name,
            session=session(),
            name="Camille Durand",
            firm="Fournil des Pentes",
            phone="+33612345678",
            email="camille@fournil.example",
        )
        return msgspec.structs.replace(made, **changes)

    def letter(self, *missed: Missed, now: dt.datetime = NOW) -> Letter:
        templates = {rule.name: rule.template for rule in RULES}
        return programme_words.untold_letter(COACH, missed, templates, LINKS, HOUSE, now)

    def test_a_coach_learns_whom_to_phone_and_why(self) -> None:
        told = self.letter(
            self.missed(),
            self.missed(name="Zoé Petit", state="unreachable", phone=None, firm=None),
            self.missed(name="Ali Benali", state="parked", rule="a rule that was deleted"),
        )
        assert told.to == COACH.email
        assert told.subject.startswith("3 personnes")
        text = told.text.replace("\u00a0", " ")
        assert (
            "– Camille Durand, Fournil des Pentes : 06 12 34 56 78, camille@fournil.example. Non envoyé : le"
            in text
        )
        assert "le rappel d’une semaine avant, il était trop tard pour l’envoyer." in text
        assert "– Zoé Petit : pas de téléphone, camille@fournil.example." in text
        assert "aucune adresse ne fonctionne" in text
        assert "un rappel, nous ne savons pas s’il est arrivé" in text
        assert "téléphonez-leur avant la séance" in text

    def test_people_stand_under_their_session(self) -> None:
        other = letter_examples.session(number=2)
        told = self.letter(self.missed(), self.missed(session=other), now=session().starts_at)
        assert told.text.count(WHEN) == 2
        assert "appelez-les si c’est encore utile" in told.text

    def test_one_person_is_one(self) -> None:
        assert self.letter(self.missed()).subject.startswith("Une personne n’a pas reçu son rappel")

    def test_the_sheet_opens_for_this_coach_of_this_session(self) -> None:
        told = programme_words.sheet_letter(Sheet(session(), COACH, people=1, unknown=1), LINKS, HOUSE)
        assert opened(told, "sheet") == ["S-exemple1.1"]
        assert told.to == COACH.email


BARE = with_person(
    with_session(place(kind="coaching"), summary="", department=None), name=None, firm=None, phone=None
)


@pytest.mark.parametrize("about", PLACES)
@pytest.mark.parametrize(
    "changes",
    [
        {"place": None, "address": None, "link": "https://visio.example/x"},
        {"place": "Mairie", "address": None, "link": None},
        {"place": "Mairie", "address": "1 place", "link": "https://visio.example/x"},
    ],
    ids=["only a link", "only a place", "both"],
)
def test_what_is_not_known_leaves_no_gap(about: PlaceKind, changes: dict[str, Any]) -> None:
    made = msgspec.structs.replace(with_session(BARE, **changes), coach=None, armed_at=None)
    house = House(HOUSE.sender, None)
    attendance: Any = {"waiting": "waiting", "left": "left"}.get(about, "registered")
    told = place_letter(about, msgspec.structs.replace(made, attendance=attendance), house)
    assert told.text.startswith("Bonjour,\n")
    assert "None" not in told.text
    assert "Une question" not in told.text
    assert "\n\n\n" not in told.text
    if about in {"registered", "promoted", "moved"}:
        for given_ in filter(None, changes.values()):
            assert f"\n{given_}\n" in told.text


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_reminder_leaves_no_gap_either(rule: Rule) -> None:
    told = reminder_letter((rule, msgspec.structs.replace(BARE, coach=None)), (rule, BARE))
    assert told.text.startswith("Bonjour,\n")
    assert "None" not in told.text
    assert "\n\n\n" not in told.text


HOSTILE = [
    "x\r\nBcc: evil@evil.example\r\n\r\nhttps://evil.example/",
    "<script>alert(1)</script>",
    "{{ 7*7 }}{% include 'x' %}",
    "é" * 5000,
    "mot " * 500,
    "\u202eevil\u200b",
    "\x00\x1b[31m",
    "",
]


@pytest.mark.parametrize("words", HOSTILE)
@pytest.mark.parametrize("about", PLACES)
def test_what_somebody_wrote_stays_words_on_a_line(about: PlaceKind, words: str) -> None:
    made = with_person(
        with_session(place(), title=words, place=words or None, address=words, reason=words),
        name=words,
        firm=words,
    )
    told = place_letter(about, made)
    message: Any = email.message_from_bytes(compose(HOUSE.sender, "m-1", told, NOW), policy=policy.default)
    assert message["To"] == told.to
    assert message["Bcc"] is None
    assert message.defects == []
    assert "\nhttps://evil" not in told.text
    assert len(told.subject) < 260
    assert max(map(len, told.text.splitlines())) < 1000
    assert "<script" not in as_html(told.subject, told.text)
    assert "49" not in told.subject


def test_a_letter_that_anybody_can_have_sent_to_anybody_says_none_of_their_words() -> None:
    """A form that repeats a name in its letter sends whatever somebody calls themselves to whoever they please."""
    fields = set(Unconfirmed.__struct_fields__)
    assert fields == {"ref", "email", "created_at", "session"}


def test_a_person_has_no_field_that_a_letter_could_tell_by_mistake() -> None:
    assert set(Person.__struct_fields__) == {"contact", "name", "firm", "email", "phone", "origin", "agreed"}
