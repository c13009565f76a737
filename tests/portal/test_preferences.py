"""What a person is written to about: choosing it, stopping it with one click, being forgotten."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from connectors.region.database import Region
from connectors.region.people import contacts
from connectors.region.people.contacts import Contact
from connectors.region.sessions import enrolments
from connectors.seals import Seals
from connectors.settings import Settings
from portal import consents
from portal.app import create_app
from portal.consents import OFFERED, field_of
from schemas.firm import Consent
from tests.hands import sql
from tests.portal.programme import NOW, REMINDED, SIRETS, path, person, place, press, session
from tests.portal.test_hostile import Markup
from tests.portal.test_openness import read

pytestmark = pytest.mark.database
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
INVITED = Consent("invitations", "mail")


def read_of(region: Region, number: int) -> Contact:
    found = contacts.get(region, number)
    assert found is not None
    return found


def ticked(page: str) -> set[str]:
    return {str(a["name"]) for tag, a in Markup(page).tags if tag == "input" and "checked" in a}


# Choosing


def test_what_holds_is_ticked_and_what_is_ticked_holds(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    somebody = person(region, agreed=(REMINDED, INVITED))
    mine = path(relayed, "preferences", somebody)
    assert ticked(visitor.get(mine).text) == {field_of(REMINDED), field_of(INVITED)}
    answer = press(visitor, mine, accord_sessions_mail="oui", accord_follow_up_mail="oui")
    assert answer.status_code == 303
    told = visitor.get(answer.headers["location"]).text
    assert "C’est enregistré" in told
    assert read_of(region, somebody).agreed == {REMINDED, Consent("follow_up", "mail")}
    press(visitor, mine)
    assert read_of(region, somebody).agreed == set()


def test_text_messages_are_offered_to_whom_they_can_reach(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    without, reached = person(region), person(region, "Bruno", "b@x.example", phone="+33639981234")
    assert "accord_sessions_sms" not in visitor.get(path(relayed, "preferences", without)).text
    assert "accord_sessions_sms" in visitor.get(path(relayed, "preferences", reached)).text


def test_what_was_agreed_to_elsewhere_is_shown_and_can_be_ended(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    foreign = Consent("invitations", "sms")
    assert foreign not in OFFERED
    somebody = person(region, phone="+33639981234", agreed=(foreign,))
    mine = path(relayed, "preferences", somebody)
    assert ticked(visitor.get(mine).text) == {field_of(foreign)}
    press(visitor, mine)
    assert read_of(region, somebody).agreed == set()
    assert field_of(foreign) not in visitor.get(mine).text


def test_a_stale_form_chooses_nothing(visitor: TestClient, region: Region, relayed: Settings) -> None:
    somebody = person(region)
    answer = visitor.post(path(relayed, "preferences", somebody), data={"a": "b"})
    assert answer.status_code == 403
    assert read_of(region, somebody).agreed == {REMINDED}


def test_places_to_come_are_linked(visitor: TestClient, region: Region, relayed: Settings) -> None:
    somebody = person(region)
    made = session(region, capacity=1)
    place(region, made, person(region, "Bruno", "b@x.example"))
    place(region, made, somebody)
    place(region, session(region, in_days=-3, title="Passée"), somebody)
    page = visitor.get(path(relayed, "preferences", somebody)).text
    assert f"{made.title}</a>" in page
    assert "(liste d’attente)" in page
    assert "Passée" not in page


def test_an_address_that_does_not_work_is_told(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    somebody = person(region)
    with region.begin() as connection:
        contacts.stop(connection, somebody, "mail", "it bounced")
    assert "Nos courriels ne vous parviennent plus" in read(
        visitor.get(path(relayed, "preferences", somebody)).text
    )


# Unsubscribing


def test_one_click_needs_no_page_cookie_seal_or_kind_of_body(region: Region, relayed: Settings) -> None:
    """RFC 8058: a POST, without cookies, of a form in one of two ways; no redirect. Mail programs send it from anywhere."""
    app = create_app(region, relayed)
    somebody = person(region, agreed=(REMINDED, INVITED))
    at = path(relayed, "unsubscribe", f"{somebody}.invitations.mail")
    program = TestClient(app, relayed.public_url, follow_redirects=False)
    headers = {"Origin": "https://mail.example", "Sec-Fetch-Site": "cross-site"}
    first = program.post(at, data=ONE_CLICK, headers=headers)
    assert first.status_code == 200
    assert read_of(region, somebody).agreed == {REMINDED}
    again = program.post(at, files={"List-Unsubscribe": (None, "One-Click")}, headers=headers)
    assert again.status_code == 200
    assert program.post(at).status_code == 200
    assert not program.cookies
    assert "set-cookie" not in first.headers
    ended = sql(region, "SELECT withdrawn_by FROM consent WHERE withdrawn_at IS NOT NULL")
    assert [row.withdrawn_by for row in ended] == ["one-click"]


def test_unsubscribing_is_not_counted_for_one_program_asks_it_for_thousands(
    region: Region, relayed: Settings
) -> None:
    program = TestClient(
        create_app(region, relayed.model_copy(update={"portal_rate_forms": 1})), relayed.public_url
    )
    at = path(relayed, "unsubscribe", f"{person(region)}.sessions.mail")
    assert [program.post(at, data=ONE_CLICK).status_code for _ in range(5)] == [200] * 5


def test_a_body_without_end_is_not_read(visitor: TestClient, region: Region, relayed: Settings) -> None:
    somebody = person(region)
    answer = visitor.post(path(relayed, "unsubscribe", f"{somebody}.sessions.mail"), content=b"x" * 70_000)
    assert answer.status_code == 413
    assert read_of(region, somebody).agreed == {REMINDED}


def test_opening_the_link_stops_nothing_and_its_button_does(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    somebody = person(region)
    at = path(relayed, "unsubscribe", f"{somebody}.sessions.mail")
    page = visitor.get(at)
    assert "Ne plus recevoir les rappels de séances par courriel" in page.text
    assert read_of(region, somebody).agreed == {REMINDED}
    assert "set-cookie" not in page.headers
    sent = {str(a["name"]): str(a["value"]) for tag, a in Markup(page.text).tags if tag == "input"}
    assert sent == ONE_CLICK
    told = visitor.post(at, data=sent)
    assert "C’est arrêté" in told.text
    assert read_of(region, somebody).agreed == set()
    assert "C’est déjà arrêté" in visitor.get(at).text


def test_what_was_a_mistake_can_be_undone(visitor: TestClient, region: Region, relayed: Settings) -> None:
    somebody = person(region)
    page = visitor.post(path(relayed, "unsubscribe", f"{somebody}.sessions.mail"), data=ONE_CLICK).text
    (link,) = {
        str(a["href"])
        for tag, a in Markup(page).tags
        if tag == "a" and str(a["href"]).startswith("/preferences/")
    }
    press(visitor, link, accord_sessions_mail="oui")
    assert read_of(region, somebody).agreed == {REMINDED}


def test_a_short_address_stops_text_messages(visitor: TestClient, region: Region, relayed: Settings) -> None:
    by_text = Consent("sessions", "sms")
    somebody = person(region, phone="+33639981234", agreed=(by_text,))
    short = Seals(relayed).short("unsubscribe", f"{somebody}.sessions.sms").removeprefix(relayed.public_url)
    onward = visitor.get(short).headers["location"]
    assert "par SMS" in visitor.get(onward).text
    visitor.post(onward, data=ONE_CLICK)
    assert read_of(region, somebody).agreed == set()


# Being forgotten


def test_erasing_gives_places_back_forgets_and_kills_every_link(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    made, over = session(region, capacity=1), session(region, in_days=-3)
    somebody, next_one = (
        person(region, "Ada Canari", "canari@x.example", phone="+33639981234"),
        person(region, "B", "b@x.example"),
    )
    mine, theirs, past = (
        place(region, made, somebody),
        place(region, made, next_one),
        place(region, over, somebody),
    )
    at = path(relayed, "preferences", somebody)
    page = read(visitor.get(f"{at}/effacer").text)
    assert "Vous rendez d’abord votre place" in page
    assert made.title in page
    assert read_of(region, somebody).erased_at is None
    answer = press(visitor, f"{at}/effacer")
    assert (answer.status_code, answer.headers["location"]) == (303, "/preferences/effacees")
    assert "Vos données sont effacées" in visitor.get("/preferences/effacees").text
    gone = read_of(region, somebody)
    assert (gone.name, gone.email, gone.phone, gone.agreed) == (None, None, None, frozenset())
    states = {number: enrolments.get(region, number) for number in (mine.id, theirs.id, past.id)}
    assert {number: found.state for number, found in states.items() if found} == {
        mine.id: "left",
        theirs.id: "registered",
        past.id: "registered",
    }
    word = f"{somebody}.sessions.mail"
    for link in (
        at,
        f"{at}/effacer",
        path(relayed, "place", mine.id),
        path(relayed, "place", past.id),
        path(relayed, "unsubscribe", word),
        path(relayed, "attend", past.id),
        path(relayed, "satisfaction", past.id),
        path(relayed, "outcome", f"{past.id}.outcome_3"),
    ):
        assert visitor.get(link).status_code == 410, link
    for link in (at, f"{at}/effacer", path(relayed, "unsubscribe", word)):
        assert visitor.post(link, data=ONE_CLICK).status_code == 410, link


def test_erasing_forgets_all_records_of_a_person_and_says_so(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    first = person(region)
    second = person(region, firm="Une autre", siret=SIRETS[1])
    made = session(region)
    place(region, made, second)
    at = f"{path(relayed, 'preferences', first)}/effacer"
    told = read(visitor.get(at).text)
    assert "Votre adresse est inscrite pour 2 entreprises" in told
    assert made.title in told
    press(visitor, at)
    assert read_of(region, second).erased_at is not None


def test_a_stale_form_erases_nothing(visitor: TestClient, region: Region, relayed: Settings) -> None:
    somebody = person(region)
    answer = visitor.post(f"{path(relayed, 'preferences', somebody)}/effacer", data={"a": "b"})
    assert answer.status_code == 403
    assert read_of(region, somebody).email == "ada@fournil.example"


def test_who_was_erased_can_come_back_as_on_the_first_day(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    first = person(region)
    press(visitor, f"{path(relayed, 'preferences', first)}/effacer")
    assert person(region) != first
    assert read_of(region, first).email is None


def test_a_link_of_another_purpose_opens_nothing(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    somebody = person(region)
    manage = path(relayed, "place", somebody).rpartition("/")[2]
    for at in (f"/preferences/{manage}", f"/preferences/{manage}/effacer", f"/desabonnement/{manage}"):
        assert visitor.get(at).status_code == 410
        assert visitor.post(at, data=ONE_CLICK).status_code == 410
    assert read_of(region, somebody).agreed == {REMINDED}


def test_its_pages_are_kept_by_nobody(visitor: TestClient, region: Region, relayed: Settings) -> None:
    somebody = person(region)
    at = path(relayed, "preferences", somebody)
    stop = path(relayed, "unsubscribe", f"{somebody}.sessions.mail")
    for answer in (
        visitor.get(at),
        visitor.get(f"{at}/effacer"),
        visitor.get(stop),
        visitor.post(stop),
        visitor.get("/preferences/x"),
        visitor.get("/preferences/effacees"),
    ):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-robots-tag"] == "noindex"
        assert answer.headers["referrer-policy"] == "no-referrer"


def test_what_one_agreed_to_has_its_proof(visitor: TestClient, region: Region, relayed: Settings) -> None:
    somebody = person(region, agreed=())
    press(visitor, path(relayed, "preferences", somebody), accord_sessions_mail="oui")
    ((proof, at),) = sql(region, "SELECT proof, given_at FROM consent")
    assert proof == {
        "how": "preferences",
        "form": f"{relayed.public_url}/preferences, wording {consents.wording()}",
    }
    assert at >= NOW
