"""A firm registers: the form, with a session or without one, and the link that confirms it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from httpx import Response
from sqlalchemy import text
from starlette.testclient import TestClient

from connectors.region.database import Region
from connectors.region.firms import registrations
from connectors.region.offers import offers
from connectors.region.people import contacts, places
from connectors.region.sessions import rescheduling, sessions
from connectors.seals import Seals
from connectors.settings import Settings
from portal import consents
from portal.app import create_app
from schemas.firm import Consent
from tests.hands import sql
from tests.hostile import SCRIPTS
from tests.makers import incoming, job
from tests.portal.programme import NOW, asked, path, person, place, press, rules, session
from tests.portal.test_hostile import Markup
from tests.portal.test_openness import read
from tests.portal.test_posting import seal_of
from tests.portal.test_registration_form import GOOD

pytestmark = pytest.mark.database


def send(visitor: TestClient, at: str = "/inscription", /, **changes: str) -> Response:
    return press(visitor, at, **{"action": "envoyer", **GOOD, **changes})


def kept(region: Region) -> list[Any]:
    return list(sql(region, "SELECT ref, draft, email, session_id, contact_id FROM registration ORDER BY id"))


def letters(region: Region) -> list[str]:
    return [
        row.kind
        for row in sql(
            region, "SELECT content ->> 'kind' AS kind FROM effect WHERE channel = 'mail' ORDER BY id"
        )
    ]


# The form


def test_a_form_becomes_a_registration_that_waits_and_one_letter(visitor: TestClient, region: Region) -> None:
    made = session(region)
    answer = send(visitor, f"/seances/{made.ref}/inscription")
    assert (answer.status_code, answer.headers["location"]) == (303, "/inscription/envoyee")
    assert "Vérifiez votre boîte" in visitor.get("/inscription/envoyee").text
    ((_, draft, email, of, contact),) = kept(region)
    assert (email, of, contact) == ("Ada@fournil.example", made.id, None)
    assert draft["session"] == made.ref
    assert draft["origin"].startswith(
        f"https://offres.region.example/seances/{made.ref}/inscription, wording "
    )
    assert consents.wording() in draft["origin"]
    assert letters(region) == ["confirm"]
    assert sql(region, "SELECT count(*) FROM contact")[0][0] == 0


def test_without_a_session_a_firm_joins_the_programme(visitor: TestClient, region: Region) -> None:
    assert send(visitor).status_code == 303
    ((_, draft, _, of, _),) = kept(region)
    assert of is None
    assert draft["availability"] == ["tue-evening"]


def test_every_box_of_consent_is_unticked_at_first(visitor: TestClient, region: Region) -> None:
    for at in ("/inscription", f"/seances/{session(region).ref}/inscription"):
        boxes = [
            attributes
            for tag, attributes in Markup(visitor.get(at).text).tags
            if tag == "input" and attributes.get("type") == "checkbox"
        ]
        assert {str(box["name"]) for box in boxes} >= set(map(consents.field_of, consents.OFFERED))
        assert not [box for box in boxes if "checked" in box]


def test_what_is_wrong_is_told_at_its_field_and_nothing_is_lost(visitor: TestClient, region: Region) -> None:
    answer = send(visitor, siret="1", courriel="x", fonction="Gérante")
    assert answer.status_code == 422
    page = answer.text
    assert "2 points sont à corriger" in page
    assert '<a href="#siret">SIRET' in page
    assert 'aria-describedby="siret-aide siret-erreur" aria-invalid="true"' in page
    assert 'value="Gérante"' in page
    ticked = [a for tag, a in Markup(page).tags if tag == "input" and "checked" in a]
    assert {str(box["name"]) for box in ticked} == {
        "dispo_tue-evening",
        "accord_sessions_mail",
        "accord_sessions_sms",
    }
    assert '<details class="slots" open>' in page
    assert kept(region) == []


def test_the_name_is_looked_up_by_the_siret_in_offers_that_are_public(
    visitor: TestClient, region: Region
) -> None:
    offers.merge(region, None, "contractor", [incoming(job("1"))])
    siret = job("1").employer.siret
    assert siret
    answer = send(visitor, siret=siret, nom="", action="chercher")
    assert answer.status_code == 200
    assert f'value="{job("1").employer.name}"' in answer.text
    assert send(visitor, siret=siret, nom="").status_code == 303
    assert kept(region)[0].draft["firm"]["name"] == job("1").employer.name


def test_a_form_without_our_seal_is_shown_again_and_not_taken(visitor: TestClient, region: Region) -> None:
    answer = visitor.post("/inscription", data=GOOD)
    assert answer.status_code == 403
    assert 'value="Fournil des Pentes"' in answer.text
    forged = visitor.post("/inscription", data={"sceau": seal_of(visitor.get("/inscription").text), **GOOD},
                          headers={"Sec-Fetch-Site": "cross-site"})  # fmt: skip
    assert forged.status_code == 403
    assert kept(region) == []


def test_what_fills_in_the_field_that_nobody_sees_is_thanked_and_forgotten(
    visitor: TestClient, region: Region
) -> None:
    answer = send(visitor, site_internet="https://spam.example")
    assert answer.headers["location"] == "/inscription/envoyee"
    assert kept(region) == []


def test_the_same_twice_is_one_registration(visitor: TestClient, region: Region) -> None:
    send(visitor)
    send(visitor)
    assert len(kept(region)) == 1
    assert letters(region) == ["confirm"]


def test_too_many_a_day_are_refused_with_a_page(visitor: TestClient, region: Region) -> None:
    for number in range(registrations.LIMITS.email):
        assert send(visitor, personne=f"Ada {number}").status_code == 303
    answer = send(visitor)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert "Réessayez demain" in answer.text
    assert len(kept(region)) == registrations.LIMITS.email


def test_a_full_session_says_waiting_list_before_anything_is_sent(
    visitor: TestClient, region: Region
) -> None:
    made = session(region, capacity=1)
    at = f"/seances/{made.ref}/inscription"
    assert "liste d’attente" not in visitor.get(at).text
    place(region, made, person(region))
    told = read(visitor.get(at).text)
    assert "Cette séance est complète. Vous serez sur la liste d’attente" in told
    assert "M’inscrire sur la liste d’attente" in told
    place(region, made, person(region, email="b@x.example"))
    assert "après une autre personne" in read(visitor.get(at).text)


def test_a_session_that_takes_nobody_any_more_says_so(visitor: TestClient, region: Region) -> None:
    begun, off = session(region, in_days=-0.01), session(region)
    seal = seal_of(visitor.get("/inscription").text)
    rescheduling.cancel(region, off.ref, "Neige.", NOW)
    for made in (begun, off):
        at = f"/seances/{made.ref}/inscription"
        assert visitor.get(at).status_code == 409
        answer = visitor.post(at, data={"sceau": seal, **GOOD})
        assert answer.status_code == 409
        assert "On ne peut plus s’inscrire" in answer.text
    assert kept(region) == []


@pytest.mark.parametrize("changes", [{"in_days": -3}, {"kind": "dialogue"}, {"state": "draft"}])
def test_nobody_registers_for_what_is_not_for_firms_to_come(
    visitor: TestClient, region: Region, changes: dict[str, Any]
) -> None:
    at = f"/seances/{session(region, **changes).ref}/inscription"
    assert visitor.get(at).status_code == 404
    assert (
        visitor.post(at, data={"sceau": seal_of(visitor.get("/inscription").text), **GOOD}).status_code == 404
    )


def test_without_a_relay_nobody_can_register(client: TestClient, region: Region) -> None:
    for at in ("/inscription", f"/seances/{session(region).ref}/inscription"):
        assert client.get(at).status_code == 503
        assert client.post(at, data=GOOD).status_code == 503
    assert kept(region) == []


# The link that confirms


def confirmed(
    visitor: TestClient, region: Region, settings: Settings, at: str = "/inscription", **changes: str
) -> Response:
    """Send a form and press the button of its link; answers what that leads to."""
    assert send(visitor, at, **changes).status_code == 303
    link = path(settings, "registration", kept(region)[-1].ref)
    answer = press(visitor, link)
    assert answer.status_code == 303
    found: Response = visitor.get(answer.headers["location"])
    return found


def test_opening_the_link_changes_nothing_and_its_button_gives_the_place(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    made = session(region)
    send(visitor, f"/seances/{made.ref}/inscription")
    link = path(relayed, "registration", kept(region)[0].ref)
    page = visitor.get(link)
    assert page.status_code == 200
    assert "Me rappeler mes séances par courriel" in page.text
    assert sql(region, "SELECT count(*) FROM contact")[0][0] == 0
    answer = press(visitor, link)
    assert (answer.status_code, answer.headers["location"]) == (303, link)
    onward = visitor.get(link)
    assert onward.headers["location"].startswith("/inscription/suivi/")
    assert "Votre place est réservée" in visitor.get(onward.headers["location"]).text
    ((*_, contact),) = kept(region)
    found = contacts.get(region, contact)
    assert found is not None
    assert found.agreed == {Consent("sessions", "mail"), Consent("sessions", "sms")}
    after = sessions.named(region, made.ref)
    assert after is not None
    assert after.taken == 1
    proof = sql(region, "SELECT proof FROM consent LIMIT 1")[0].proof
    assert consents.wording() in proof["form"]


def test_pressing_it_again_is_the_same_place(visitor: TestClient, region: Region, relayed: Settings) -> None:
    made = session(region)
    first = confirmed(visitor, region, relayed, f"/seances/{made.ref}/inscription")
    link = path(relayed, "registration", kept(region)[0].ref)
    seal = seal_of(visitor.get("/inscription").text)
    again = visitor.get(visitor.post(link, data={"sceau": seal}).headers["location"])
    assert again.status_code == first.status_code == 303
    assert sql(region, "SELECT count(*) FROM enrolment")[0][0] == 1


def test_without_a_session_one_is_told_what_comes_next(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    page = confirmed(visitor, region, relayed)
    assert page.status_code == 200
    assert "Votre entreprise est inscrite au programme" in page.text
    assert "/preferences/" in page.text


def test_a_session_that_filled_up_meanwhile_is_waited_for(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    made = session(region, capacity=1)
    send(visitor, f"/seances/{made.ref}/inscription")
    place(region, made, person(region, email="b@x.example"))
    link = path(relayed, "registration", kept(region)[0].ref)
    assert "Elle est complète" in visitor.get(link).text
    press(visitor, link)
    told = visitor.get(visitor.get(link).headers["location"]).text
    assert "Vous êtes la première personne à attendre" in read(told)


def test_a_session_that_was_cancelled_meanwhile_is_not_promised(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    made = session(region)
    send(visitor, f"/seances/{made.ref}/inscription")
    rescheduling.cancel(region, made.ref, "Neige.", NOW)
    link = path(relayed, "registration", kept(region)[0].ref)
    assert "Cette séance est annulée" in visitor.get(link).text
    assert press(visitor, link).status_code == 303
    assert "La séance ne prend plus personne" in visitor.get(link).text
    assert kept(region)[0].contact_id is not None


def test_a_link_that_is_not_ours_too_old_or_of_somebody_erased_is_gone(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    made = session(region)
    waits = asked(region, made)
    seals = Seals(relayed)
    old = seals.seal("registration", waits.ref, NOW - dt.timedelta(hours=49))
    other = seals.seal("place", waits.ref, NOW)
    for seal in ("x", "y" * 400, old, other, seals.seal("registration", "I-none", NOW)):
        assert visitor.get(f"/inscription/confirmer/{seal}").status_code == 410
        assert visitor.post(f"/inscription/confirmer/{seal}", data={"a": "b"}).status_code == 410
    done = registrations.confirm(region, rules(), waits.ref, NOW)
    with region.begin() as connection:
        contacts.erase(connection, done.contact, NOW)
    assert visitor.get(path(relayed, "registration", waits.ref)).status_code == 410


def test_its_pages_are_kept_by_nobody(visitor: TestClient, region: Region, relayed: Settings) -> None:
    link = path(relayed, "registration", asked(region, session(region)).ref)
    for answer in (
        visitor.get(link),
        visitor.get("/inscription"),
        visitor.get("/inscription/envoyee"),
        visitor.get("/inscription/confirmer/x"),
    ):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-robots-tag"] == "noindex"
        assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("script", [*SCRIPTS[:6], "\u202eevil\u202c Martin", "É" * 120, "<b>" * 30])
def test_no_name_writes_into_a_page(
    visitor: TestClient, region: Region, relayed: Settings, script: str
) -> None:
    made = session(region)
    name = script[:100]
    plain = confirm_page(visitor, region, relayed, made, "Ada", "Fournil")
    hostile = confirm_page(visitor, region, relayed, made, name, name)
    assert [tag for tag, _ in Markup(hostile).tags] == [tag for tag, _ in Markup(plain).tags]
    assert "\u202e" not in hostile


def confirm_page(
    visitor: TestClient, region: Region, settings: Settings, made: sessions.Session, name: str, firm: str
) -> str:
    answer = send(visitor, f"/seances/{made.ref}/inscription", personne=name, nom=firm)
    assert answer.status_code == 303, answer.text
    return str(visitor.get(path(settings, "registration", kept(region)[-1].ref)).text)


def test_the_same_person_for_the_same_session_has_one_place(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    made = session(region)
    at = f"/seances/{made.ref}/inscription"
    confirmed(visitor, region, relayed, at)
    confirmed(visitor, region, relayed, at, courriel="ADA@fournil.example", fonction="Directrice")
    assert sql(region, "SELECT count(*) FROM contact")[0][0] == 1
    ((number,),) = sql(region, "SELECT id FROM contact")
    held = places.held(region, made.id, number)
    assert held is not None
    assert held.state == "registered"


def test_a_registration_that_was_deleted_while_it_was_read_is_gone(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    link = path(relayed, "registration", asked(region, session(region)).ref)
    seal = seal_of(visitor.get(link).text)
    with region.begin() as connection:
        connection.execute(text("DELETE FROM registration"))
    assert visitor.post(link, data={"sceau": seal}).status_code == 410


def test_registrations_are_counted_with_all_forms(region: Region, relayed: Settings) -> None:
    hurried = TestClient(
        create_app(region, relayed.model_copy(update={"portal_rate_forms": 2})), relayed.public_url
    )
    for expected in (403, 403, 429):
        assert hurried.post("/inscription", data=GOOD).status_code == expected
    assert hurried.post(f"/seances/{session(region).ref}/inscription", data=GOOD).status_code == 429
