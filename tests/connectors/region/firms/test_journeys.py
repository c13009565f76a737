"""A firm's journey: everything that happened to it and its people, in order, in words that a coach reads."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest

from connectors.journeys.wording import Line, lines
from connectors.region.cohorts import coaches
from connectors.region.firms import journeys, registrations
from connectors.region.firms.journeys import Event, Journey, What
from connectors.region.people import contacts, persons
from connectors.region.sessions import enrolments
from schemas.errors import Misconfigured
from schemas.firm import Consent, FirmDraft, PersonDraft, Registration
from tests.hands import sql
from tests.makers import NOON
from tests.programme import BEGINS, DAY, ENDS, HOUR, Programme
from tests.reminder_rules import RULES

pytestmark = pytest.mark.database
SIRET = "73282932000074"


def registered(programme: Programme, session: str | None = None, name: str = "Ada Roux") -> int:
    """A firm whose person registers on the portal, and confirms an hour later."""
    asked = programme.ask(
        Registration(
            firm=FirmDraft(siret=SIRET, name="Fournil des Pentes", postal_code="69001", city="Lyon"),
            person=PersonDraft(
                name=name, email=f"{name.split(maxsplit=1)[0].lower()}@fournil.example", phone="+33612345678"
            ),
            told_at=NOON,
            origin="form",
            consents=(Consent("sessions", "mail"), Consent("follow_up", "mail")),
            session=session,
        )
    )
    programme.now += HOUR
    return registrations.confirm(programme.region, RULES, asked.ref, programme.now).contact


def journey(programme: Programme) -> Journey:
    return journeys.journey(programme.region, SIRET)


def what(programme: Programme) -> list[str]:
    return [event.what for event in journey(programme).events]


def said(programme: Programme, *, named: bool = True) -> list[str]:
    return [line.said.replace("\u00a0", " ") for line in lines(journey(programme), named=named)]


def test_a_whole_journey_reads_from_the_first_form_to_the_answer(programme: Programme) -> None:
    coach = coaches.keep(programme.region, "Camille", "camille@region.example")
    session = programme.session(coach_id=coach.id, capacity=1)
    first = programme.enrol(session)
    contact = registered(programme, session.ref)
    programme.minute()
    programme.now = NOON + DAY
    programme.leave(first)
    programme.minute()
    programme.now = BEGINS - 7 * DAY
    programme.minute()
    programme.now = ENDS + HOUR
    ((place,),) = sql(programme.region, "SELECT id FROM enrolment WHERE contact_id = :c", c=contact)
    ((ref,),) = sql(programme.region, "SELECT ref FROM session")
    enrolments.sheet(programme.region, str(ref), [place], "Camille", programme.now)
    programme.now = ENDS + 2 * DAY
    contacts.withdraw(programme.region, contact, "one-click", programme.now, purpose="follow_up")

    told = said(programme)

    assert told == [
        "Fiche de l’entreprise créée (portail)",
        "Inscription confirmée sur le portail par Ada Roux, pour « Boostez votre business »",
        "Accord donné par Ada Roux : rappels de séances par courriel, suivi par courriel",
        "Place demandée par Ada Roux : « Boostez votre business » du 15 décembre 2026",
        "Liste d’attente annoncée à Ada Roux par courriel : « Boostez votre business » du 15 décembre 2026",
        "Place libérée, annoncée à Ada Roux par courriel : « Boostez votre business » du 15 décembre 2026",
        "Rappel à Ada Roux par courriel (week) : « Boostez votre business » du 15 décembre 2026",
        "Présence notée pour Ada Roux : « Boostez votre business » du 15 décembre 2026 (feuille de présence)",
        "Accord retiré par Ada Roux : suivi par courriel (lien de désabonnement)",
    ]


# What the tables say, and how it reads. ``:c`` is a contact, ``:e`` their place, ``:f`` the firm, ``:g`` a cohort.
HAPPENED: dict[str, tuple[str, str, str]] = {
    "a firm from an import": (
        "UPDATE firm SET origin = 'lyon.csv'",
        "known",
        "Fiche de l’entreprise créée (lyon.csv)",
    ),
    "a person from an import": (
        "UPDATE contact SET origin = 'lyon.csv' WHERE id = :c",
        "known",
        "Fiche créée pour Ada Roux (lyon.csv)",
    ),
    "an absence": (
        "UPDATE enrolment SET state = 'absent', since = :now WHERE id = :e",
        "absent",
        "Absence notée pour Ada Roux : « Boostez votre business » du 15 décembre 2026",
    ),
    "a presence by the link": (
        "UPDATE enrolment SET state = 'present', attended_at = :now, attended_by = 'link' WHERE id = :e",
        "present",
        "Présence notée pour Ada Roux : « Boostez votre business » du 15 décembre 2026 (par son lien)",
    ),
    "a place given back": (
        "UPDATE enrolment SET state = 'left', since = :now WHERE id = :e",
        "left",
        "Place rendue par Ada Roux : « Boostez votre business » du 15 décembre 2026",
    ),
    "a reminder too late": (
        "UPDATE reminder SET state = 'expired', changed_at = :now WHERE rule = 'week'",
        "not_reminded",
        "Rappel non envoyé à Ada Roux (week) : « Boostez votre business » du 15 décembre 2026 (il était trop tard)",
    ),
    "a reminder that nobody agreed to": (
        "UPDATE reminder SET state = 'refused', changed_at = :now WHERE rule = 'week'",
        "not_reminded",
        "Rappel non envoyé à Ada Roux (week) : « Boostez votre business » du 15 décembre 2026 (aucun accord ne le permet)",
    ),
    "a cohort joined": (
        "INSERT INTO cohort_member (cohort_id, contact_id, joined_at) VALUES (:g, :c, :now)",
        "joined",
        "Entrée dans le groupe « Lyon » : Ada Roux",
    ),
    "a cohort left": (
        "INSERT INTO cohort_member (cohort_id, contact_id, joined_at, left_at) VALUES (:g, :c, :now, :now)",
        "departed",
        "Départ du groupe « Lyon » : Ada Roux",
    ),
    "a cohort finished": (
        (
            "WITH over AS (UPDATE cohort SET state = 'finished', finished_at = :now) "
            "INSERT INTO cohort_member (cohort_id, contact_id, joined_at) VALUES (:g, :c, :now)"
        ),
        "finished",
        "Parcours terminé dans le groupe « Lyon » : Ada Roux",
    ),
    "an opinion": (
        "INSERT INTO answer (contact_id, about, enrolment_id, content, at) VALUES (:c, 'satisfaction', :e, '{}', :now)",
        "answered",
        "Avis donné par Ada Roux : « Boostez votre business » du 15 décembre 2026",
    ),
    "an outcome after three months": (
        "INSERT INTO answer (contact_id, about, enrolment_id, content, at) VALUES (:c, 'outcome_3', :e, '{}', :now)",
        "answered",
        "Bilan à 3 mois donné par Ada Roux : « Boostez votre business » du 15 décembre 2026",
    ),
    "a letter that came back": (
        "INSERT INTO bounce (marker, kind, contact_id, at) VALUES ('a-1', 'hard', :c, :now)",
        "bounced",
        "Courriel à Ada Roux revenu : l’adresse n’existe pas ou plus",
    ),
    "an attestation": (
        (
            "INSERT INTO effect (channel, subject, state, content, wanted_hash, changed_at) SELECT 'mail', 'finished.1', 'done', "
            "jsonb_build_object('about', 'programme', 'kind', 'finished', 'of', cast(:c AS bigint), 'version', cast(:g AS bigint)), 'x', :now"
        ),
        "told",
        "Attestation envoyée à Ada Roux par courriel : groupe « Lyon »",
    ),
    "two firms that were one": (
        (
            "INSERT INTO firm_merge (kept, dropped, contacts, by, reason, at) VALUES (:f, "
            "'{\"name\": \"Fournil\", \"siret\": \"1\"}', '[]', 'Bo', 'la même boutique', :now)"
        ),
        "merged",
        "Fiche de « Fournil » (1) réunie à celle-ci par Bo : la même boutique",
    ),
    "two firms after all": (
        (
            "INSERT INTO firm_merge (kept, dropped, contacts, by, reason, at, undone_at, undone_by) VALUES (:f, "
            "'{\"name\": \"Fournil\"}', '[]', 'Bo', 'la même', :now, :now, 'Ali')"
        ),
        "unmerged",
        "Fiche de « Fournil » de nouveau séparée de celle-ci par Ali",
    ),
}


@pytest.mark.parametrize("happened", HAPPENED)
def test_what_happened_is_told(programme: Programme, happened: str) -> None:
    session = programme.session()
    contact = registered(programme, session.ref)
    statement, kind, words = HAPPENED[happened]
    ((place, firm),) = sql(
        programme.region, "SELECT e.id, c.firm_id FROM enrolment e JOIN contact c ON c.id = e.contact_id"
    )
    sql(programme.region, statement, c=contact, e=place, f=firm, g=programme.cohort(), now=NOON + 2 * DAY)
    assert kind in what(programme)
    assert words in said(programme)


def test_every_kind_of_event_has_words() -> None:
    """Also without a name, a day or a transport."""
    facts: dict[str, Any] = {
        "origin": "portal",
        "consents": [["sessions", "mail"]],
        "by": "staff",
        "letter": "moved",
        "state": "parked",
        "about": "outcome_6",
        "kind": "complaint",
        "rule": "week",
        "session": "Séance",
        "cohort": "Lyon",
        "firm": "Fournil",
        "siret": "1",
        "reason": "x",
    }
    kinds: tuple[What, ...] = get_args(What)
    told = lines(
        Journey(1, SIRET, "F", None, [Event(NOON, kind, 7, None, facts) for kind in kinds]), named=True
    )
    assert [line for line in told if len(line.said) < 10] == []
    assert len({line.said for line in told}) == len(kinds)
    assert {line.when for line in told} == {"24/11/2026 13:00"}, "people see the clocks of Paris"


def test_without_names_people_are_numbers(programme: Programme) -> None:
    contact = registered(programme, programme.session().ref)
    told = " ".join(said(programme, named=False))
    assert f"la personne n° {contact}" in told
    assert "Ada" not in told


def test_whoever_was_erased_is_a_number_and_what_happened_stays(programme: Programme) -> None:
    session = programme.session()
    contact = registered(programme, session.ref)
    before = what(programme)
    persons.erase(programme.region, RULES, contact, programme.now)
    told = said(programme)
    assert "Ada" not in " ".join(told)
    assert f"Données effacées : la personne n° {contact}" in told
    assert set(before) <= set(what(programme))


def test_a_journey_is_of_one_firm_alone(programme: Programme) -> None:
    registered(programme)
    programme.enrol(programme.session(), programme.person(name="Étrangère"))
    assert what(programme) == ["known", "registered", "agreed"]


def test_events_are_in_the_order_in_which_they_happened(programme: Programme) -> None:
    registered(programme, programme.session().ref)
    registered(programme, None, "Bo Petit")
    moments = [event.at for event in journey(programme).events]
    assert moments == sorted(moments)
    assert all(moment.tzinfo is not None for moment in moments)


def test_hostile_names_stay_one_line(programme: Programme) -> None:
    programme.session(title="Séance\n| x | <b>\u202e")
    ((ref,),) = sql(programme.region, "SELECT ref FROM session")
    registered(programme, str(ref), "Ada\n\t Roux")
    for line in lines(journey(programme), named=True):
        assert isinstance(line, Line)
        assert "\n" not in line.said
        assert "  " not in line.said


def test_a_journey_can_be_written_as_json(programme: Programme) -> None:
    registered(programme, programme.session().ref)
    assert msgspec.json.decode(msgspec.json.encode(journey(programme)), type=Journey) == journey(programme)


def test_a_firm_that_nobody_knows_has_no_journey(programme: Programme) -> None:
    with pytest.raises(Misconfigured, match="No firm"):
        journey(programme)
