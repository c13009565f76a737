"""Texts of the programme: in one message, without a character that costs more, and nothing lost when none can be sent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from connectors.mail.rendering import TEMPLATES
from connectors.programme_links import Links
from connectors.region.cohorts.programme_letters import Placed
from connectors.region.database import Region
from connectors.region.people import contacts
from connectors.reminding import Part, Reminding
from connectors.seals import Seals
from connectors.sms.programme import reminder_text
from connectors.sms.wire import TEXTS, Text, cost, whole
from core.reminders import Rule
from core.sms import segments
from deployments.letter_examples import NOW, place
from deployments.stack import gateway_of
from tests.mailrooms import RULES, SETTINGS, Mailroom, mailroom
from tests.programme import BEGINS, HOUR
from tests.worlds import Sandbox

SEALS = Seals(SETTINGS.model_copy(update={"portal_url": "https://boostez.auvergnerhonealpes.fr"}))
LINKS = Links(SEALS, "https://boostez.auvergnerhonealpes.fr", NOW)
TWO_HOURS = next(rule for rule in RULES if "sms" in rule.transports and rule.is_before)
TWO_HOURS_BEFORE = BEGINS - 2 * HOUR


def with_session(made: Placed, **changes: Any) -> Placed:
    return msgspec.structs.replace(made, session=msgspec.structs.replace(made.session, **changes))


def text(*parts: tuple[Rule, Placed]) -> Text:
    told = Reminding(parts[0][1].person, tuple(Part(rule, made) for rule, made in parts))
    return reminder_text(told, LINKS)


def test_every_rule_has_words_for_a_text_too() -> None:
    assert {file.stem for file in TEXTS.glob("reminder_*.txt")} == {f"reminder_{name}" for name in TEMPLATES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@pytest.mark.parametrize("kind", ["seminar", "coaching"])
def test_a_text_is_in_the_alphabet_of_gsm_and_one_message_unless_it_has_two_links(
    rule: Rule, kind: Any
) -> None:
    told = text((rule, place(kind=kind)))
    assert segments(whole(told)).alphabet == "gsm7"
    assert cost(told) <= whole(told).count("https://"), whole(told)
    assert whole(told).startswith("Boostez : ")


def test_two_hours_before_at_a_place_one_message_says_all() -> None:
    assert cost(text((TWO_HOURS, place()))) == 1


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_text_says_no_day_that_is_none_when_it_comes_late(rule: Rule) -> None:
    told = whole(text((rule, place()))).lower()
    assert not any(word in told for word in ("demain", "aujourd", "hier", "heures"))


def test_it_says_when_and_where_and_how_to_stop() -> None:
    told = whole(text((TWO_HOURS, place())))
    assert "Instagram pour ma boutique, mar. 8/12 à 18h30, Maison des entreprises" in told
    code = told.rpartition("\nStop SMS : https://boostez.auvergnerhonealpes.fr/s/")[2]
    assert SEALS.lengthened(code, NOW) == LINKS._seals.link("unsubscribe", "1.sessions.sms", NOW)  # noqa: SLF001


def test_one_that_is_online_leads_to_the_place_where_its_link_is() -> None:
    told = whole(text((TWO_HOURS, place(kind="coaching"))))
    code = told.partition("en ligne : https://boostez.auvergnerhonealpes.fr/s/")[2].split("\n")[0]
    assert SEALS.lengthened(code, NOW) == LINKS.place(place())


def test_long_names_are_cut_before_another_message_is_paid_for() -> None:
    long = with_session(place(), title="Vendre sur internet " * 9, place="Maison " * 9, address="rue " * 30)
    told = text((TWO_HOURS, long))
    assert cost(told) == 1
    assert "mar. 8/12 à 18h30" in told.body


def test_several_sessions_are_all_told() -> None:
    parts = [(TWO_HOURS, with_session(place(), title=f"Titre {n}")) for n in range(3)]
    lines = whole(text(*parts)).split("\n")
    assert [line.partition(",")[0] for line in lines[:-1]] == [
        "Boostez : Titre 0",
        "Aussi : Titre 1",
        "Aussi : Titre 2",
    ]


@given(st.text(), st.text(), st.none() | st.text())
def test_whatever_somebody_wrote_it_stays_one_line_and_its_end_says_how_to_stop(
    title: str, where: str, address: str | None
) -> None:
    told = whole(text((TWO_HOURS, with_session(place(), title=title, place=where, address=address))))
    assert len(told.splitlines()) == 2
    assert told.splitlines()[1].startswith("Stop SMS : https://")


@pytest.fixture
def room(region: Region, sandbox: Sandbox) -> Iterator[Mailroom]:
    with mailroom(region, sms_url=SecretStr(gateway_of(sandbox.base))) as opened:
        yield opened


def due(room: Mailroom) -> None:
    room.send()
    room.take()
    room.programme.now = TWO_HOURS_BEFORE
    room.programme.queue()


@pytest.mark.database
@pytest.mark.catalogue(1, 1)
class TestSending:
    def test_two_hours_before_a_text_reaches_the_telephone(self, room: Mailroom, sandbox: Sandbox) -> None:
        enrolment = room.programme.enrol(room.programme.session())
        due(room)
        (receipt,) = room.send("sms")
        assert receipt.outcome == "done"
        (kept,) = sandbox.texts()
        assert kept["to"] == "+33612345678"
        assert kept["text"].startswith(
            "Boostez : Boostez votre business, mar. 15/12 à 14h, CCI de Lyon\nStop SMS : "
        )
        code = kept["text"].rpartition("/s/")[2]
        assert room.seals.lengthened(code, room.programme.now) == room.seals.link(
            "unsubscribe", f"{enrolment.contact_id}.sessions.sms", room.programme.now
        )
        room.programme.close()
        assert room.programme.reminders(enrolment)["two_hours_before"] == "sent"

    def test_in_quiet_hours_no_telephone_rings(self, room: Mailroom, sandbox: Sandbox) -> None:
        room.programme.enrol(room.programme.session())
        due(room)
        room.programme.now = dt.datetime(2026, 12, 14, 22, tzinfo=dt.UTC)
        (receipt,) = room.send("sms")
        assert receipt.outcome == "retry"
        assert sandbox.texts() == []

    def test_without_consent_to_texts_none_is_sent_though_it_waited(
        self, room: Mailroom, sandbox: Sandbox
    ) -> None:
        """The CNIL reprimanded the Region in 2017 for texts outside their purpose."""
        enrolment = room.programme.enrol(room.programme.session())
        due(room)
        contacts.withdraw(room.programme.region, enrolment.contact_id, "one-click", room.programme.now)
        (receipt,) = room.send("sms")
        assert (receipt.outcome, receipt.cause) == ("rejected", "consent")
        assert sandbox.texts() == []


@pytest.mark.database
@pytest.mark.catalogue(1, 1)
def test_a_text_that_no_gateway_takes_becomes_a_letter(region: Region) -> None:
    with mailroom(region, sms_url=None) as room:
        enrolment = room.programme.enrol(room.programme.session())
        due(room)
        (receipt,) = room.send("sms")
        assert receipt.outcome == "rejected"
        room.minute()
        letter = room.only()
        assert letter.subject == "Rappel : « Boostez votre business », mardi 15 décembre 2026 à 14 h"
        assert room.opened(letter, "unsubscribe") == f"{enrolment.contact_id}.sessions.mail"
        assert room.programme.reminders(enrolment)["two_hours_before"] == "sent"
