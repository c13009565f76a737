"""Residents' questions: asking with an address and without, reading, voting, hearing of an answer."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, Final

import pytest
from httpx import Response
from lxml import etree
from starlette.testclient import TestClient

from connectors import clock
from connectors.region.database import Region
from connectors.region.dialogues import dialogue_holding
from connectors.region.people import contacts, places
from connectors.region.questions import asks, moderation, questions
from connectors.region.questions.questions import Question
from connectors.region.sessions import sessions
from connectors.seals import Seals
from connectors.settings import Settings
from portal.app import create_app
from portal.forms import TYPED_IN
from tests.hands import sql
from tests.hostile import SCRIPTS
from tests.portal import dialogues as made
from tests.portal.dialogues import BY, SITE, TEXT, hub
from tests.portal.programme import NOW, path
from tests.portal.test_hostile import Markup
from tests.portal.test_openness import read
from tests.portal.test_posting import seal_of

pytestmark = pytest.mark.database
NEW: Final = "/questions/nouvelle"
GOOD: Final = {
    "theme": "transport",
    "question": TEXT,
    "nom": "Ada Martin",
    "reponse": "courriel",
    "courriel": "Ada@fournil.example",
}
ANONYMOUS: Final = {**GOOD, "reponse": "sans", "courriel": "", "nom": ""}
VOTE: Final = {"action": "soutenir"}
SAME_ORIGIN: Final = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> dict[str, dt.datetime]:
    """Whoever fills in a form takes the time that it takes: the clock goes on by that at each look."""
    told = {"now": NOW}

    def now() -> dt.datetime:
        told["now"] += TYPED_IN
        return told["now"]

    monkeypatch.setattr(clock, "now", now)
    return told


def send(visitor: TestClient, at: str = NEW, given: Any = GOOD, /, **changes: str) -> Response:
    """Open a form, fill it in, send it."""
    seal = seal_of(visitor.get(at).text)
    answer: Response = visitor.post(at, data={"sceau": seal, **given, **changes})
    return answer


def press(visitor: TestClient, link: str) -> Response:
    answer: Response = visitor.post(link, data={"sceau": seal_of(visitor.get(link).text)})
    return answer


def kept(region: Region) -> list[Any]:
    return list(sql(region, "SELECT ref, body, author, state, origin, dialogue_id FROM question ORDER BY id"))


def confirm_link(region: Region, settings: Settings) -> str:
    return path(settings, "ask", sql(region, "SELECT ref FROM ask ORDER BY id DESC LIMIT 1")[0].ref)


def votes(region: Region, question: Question) -> int:
    found = questions.named(region, question.ref)
    assert found is not None
    return found.votes


# Asking


def test_a_question_waits_for_the_link_of_a_mail_then_for_a_moderator(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    answer = send(visitor)
    assert (answer.status_code, answer.headers["location"]) == (303, "/confirmer")
    assert "Vérifiez votre boîte" in visitor.get("/confirmer").text
    ((ref, body, author, state, origin, _),) = kept(region)
    assert (body, author, state, origin) == (TEXT, "Ada Martin", "unconfirmed", "portal")
    assert visitor.get(f"/questions/{ref}").status_code == 404, "unconfirmed is nobody's business"
    link = confirm_link(region, relayed)
    assert TEXT in visitor.get(link).text
    assert kept(region)[0].state == "unconfirmed", "opening a link changes nothing"
    assert press(visitor, link).headers["location"] == link
    assert kept(region)[0].state == "waiting"
    own = visitor.get(link)
    assert own.headers["location"].startswith("/questions/suivi/")
    told = visitor.get(own.headers["location"])
    assert "Elle attend d’être relue" in told.text
    assert told.headers["x-robots-tag"] == "noindex"
    assert press_again(visitor, link).headers["location"] == link, "a double click harms nothing"
    page = visitor.get(f"/questions/{ref}")
    assert TEXT not in page.text, "what nobody has read is not public"
    assert 'content="noindex"' in page.text


def press_again(visitor: TestClient, link: str) -> Response:
    answer: Response = visitor.post(link, data={"sceau": "whatever"})
    return answer


def test_without_an_address_its_author_has_a_link_to_keep(visitor: TestClient, region: Region) -> None:
    answer = send(visitor, NEW, ANONYMOUS)
    assert answer.status_code == 303
    own = answer.headers["location"]
    page = visitor.get(own).text
    assert "Gardez cette adresse" in page
    assert f"{SITE}{own.partition('?')[0]}" in page
    ((ref, _, author, state, origin, _),) = kept(region)
    assert (author, state, origin) == (None, "waiting", "anonymous")
    moderation.refuse(region, ref, "off_topic", "Demandez à votre mairie.", BY, NOW, made.rules().charter)
    assert "Demandez à votre mairie." in visitor.get(own).text
    public = visitor.get(f"/questions/{ref}").text
    assert "Demandez" not in public
    assert TEXT not in public
    assert "ne relève ni de la Région ni du thème" in public


def test_a_question_to_a_dialogue_has_its_theme_and_waits_for_no_dialogue_that_is_over(
    visitor: TestClient, region: Region
) -> None:
    one = made.dialogue(region, theme="health", in_days=1)
    at = f"/dialogues/{one.ref}/question"
    page = visitor.get(at).text
    assert one.title in page
    assert 'name="theme"' not in page
    assert send(visitor, at, ANONYMOUS).status_code == 303
    found = questions.named(region, kept(region)[0].ref)
    assert found is not None
    assert (found.theme, found.dialogue) == ("health", one.ref)
    seal = seal_of(visitor.get(at).text)
    dialogue_holding.close(region, hub(), one.ref, BY, NOW)
    assert visitor.get(at).status_code == 409
    late = visitor.post(
        at, data={"sceau": seal, **ANONYMOUS, "question": "Et la nuit, y a-t-il un médecin ?"}
    )
    assert late.status_code == 409
    assert "Et la nuit, y a-t-il un médecin ?" in late.text, "what they wrote is not lost"
    assert visitor.get("/dialogues/dnone/question").status_code == 404


def test_what_is_wrong_is_told_at_its_field_and_nothing_is_lost(visitor: TestClient, region: Region) -> None:
    answer = send(visitor, theme="x", question="Court ?", courriel="ada@", nom="Ada Martin")
    assert answer.status_code == 422
    page = answer.text
    assert "3 points sont à corriger" in page
    for field in ("theme", "question", "courriel"):
        assert f'<a href="#{field}">' in page
    assert 'aria-describedby="question-aide question-erreur" aria-invalid="true"' in page
    assert "écrivez au moins dix caractères" in page
    assert 'value="Ada Martin"' in page
    for body, told in {
        "JE VEUX SAVOIR POURQUOI LE CAR NE PASSE PLUS": "toute en capitales",
        "Pourquoi " + "é" * 1_000: "mille caractères au plus",
        "Voyez https://a.example https://b.example https://c.example ?": "trop de liens",
        "": "Ce champ est à remplir",
    }.items():
        assert told in send(visitor, question=body).text, body
    assert kept(region) == []


def test_robots_are_thanked_and_forgotten_or_asked_to_slow_down(
    visitor: TestClient, region: Region, patient: dict[str, dt.datetime]
) -> None:
    trapped = send(visitor, site_internet="https://spam.example")
    assert trapped.headers["location"] == "/confirmer"
    page = visitor.get(NEW).text
    patient["now"] -= TYPED_IN  # no time passes
    hurried = visitor.post(NEW, data={"sceau": seal_of(page), **GOOD})
    assert hurried.status_code == 403
    assert "comme le font les robots" in hurried.text
    assert TEXT in hurried.text
    assert visitor.post(NEW, data=GOOD).status_code == 403
    foreign = visitor.post(NEW, data=GOOD, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403
    assert kept(region) == []


def test_alike_questions_are_shown_before_one_is_sent(visitor: TestClient, region: Region) -> None:
    known = made.published(region)
    body = "Quand la ligne de car Aurillac – Saint-Flour sera-t-elle rétablie ?"
    looked = send(visitor, NEW, ANONYMOUS, question=body)
    assert looked.status_code == 200
    assert "Cette question est peut-être déjà posée" in looked.text
    assert f'action="/questions/{known.ref}/voter"' in looked.text
    assert body in looked.text
    assert len(kept(region)) == 1
    seen = visitor.post(NEW, data={"sceau": seal_of(looked.text), **ANONYMOUS, "question": body, "vu": "oui"})
    assert seen.status_code == 303
    assert len(kept(region)) == 2


def test_without_a_relay_one_asks_without_an_address(client: TestClient, region: Region) -> None:
    page = client.get(NEW).text
    assert 'name="courriel"' not in page
    one = made.dialogue(region)
    assert client.get(f"/dialogues/{one.ref}/suivre").status_code == 503
    assert "abonnez votre agenda" in client.get(f"/dialogues/{one.ref}/suivre").text


def test_too_much_a_day_is_refused_with_a_page(visitor: TestClient, region: Region) -> None:
    for number in range(asks.LIMITS.anonymous):
        assert send(visitor, NEW, ANONYMOUS, question=f"Quel est le prix du trajet {number} ?", vu="oui").status_code == 303  # fmt: skip
    answer = send(visitor, NEW, ANONYMOUS, question="Et le prix du dernier trajet ?", vu="oui")
    assert answer.status_code == 429
    assert "Réessayez demain" in answer.text
    assert len(kept(region)) == asks.LIMITS.anonymous


def test_questions_are_counted_with_all_forms(region: Region, relayed: Settings) -> None:
    settings = relayed.model_copy(update={"portal_rate_forms": 2})
    hurried = TestClient(create_app(region, settings), relayed.public_url)
    one = made.published(region)
    for at, expected in ((NEW, 403), (f"/questions/{one.ref}/voter", 403), ("/confirmer/x", 429)):
        assert hurried.post(at, data=GOOD).status_code == expected


# Reading


def test_a_question_says_how_it_stands(client: TestClient, region: Region) -> None:
    waits, has = made.published(region), made.answered(region, "Et la fibre, dans le Cantal, quand ?")
    into = made.merged(region, waits)
    told = read(client.get(f"/questions/{waits.ref}").text)
    assert "Attend sa réponse" in told
    assert "encore 15 jours" in told
    answered = client.get(f"/questions/{has.ref}").text
    assert made.ANSWER in answered
    assert "Ada Martin, vice-présidente" in answered
    assert "/voter" not in answered
    moved = client.get(f"/questions/{into.ref}", follow_redirects=False)
    assert (moved.status_code, moved.headers["location"]) == (303, f"/questions/{waits.ref}")
    for ref in ("qnothing", "%00", "x" * 4_000):
        assert client.get(f"/questions/{ref}").status_code == 404


def test_the_list_is_by_votes_by_date_or_by_what_waits_longest(client: TestClient, region: Region) -> None:
    old = made.published(region, days_ago=20)
    new = made.answered(region, "Et la fibre, dans le Cantal, quand ?", theme="digital")
    sql(region, "INSERT INTO vote (question_id, voter, at) VALUES (:id, 'x', now())", id=old.id)

    def refs(at: str) -> list[str]:
        return re.findall(r'<article class="card question \w+" id="(\w+)"', client.get(at).text)

    assert refs("/questions") == [old.ref, new.ref]
    assert refs("/questions?tri=date") == [new.ref, old.ref]
    assert refs("/questions?tri=attente") == [old.ref]
    assert refs("/questions?theme=digital&tri=x") == [new.ref]
    assert "Aucune question n’est encore publiée sur ce thème" in client.get("/questions?theme=jobs").text


def test_newest_answers_are_a_feed(client: TestClient, region: Region) -> None:
    space = "{http://www.w3.org/2005/Atom}"
    assert etree.fromstring(client.get("/questions.atom").content).findall(f"{space}entry") == []
    has = made.answered(region, f"Et la fibre {SCRIPTS[1]}\u202e, dans le Cantal, quand ?")
    made.published(region)
    answer = client.get("/questions.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    (entry,) = etree.fromstring(answer.content).findall(f"{space}entry")
    assert entry.findtext(f"{space}id") == f"{SITE}/questions/{has.ref}"
    assert made.ANSWER in (entry.findtext(f"{space}content") or "")
    again = client.get("/questions.atom", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


# Voting


def test_a_vote_counts_once_a_browser_and_can_be_taken_back(visitor: TestClient, region: Region) -> None:
    one = made.published(region)
    at = f"/questions/{one.ref}"
    before = visitor.get(at)
    assert visitor.cookies.get("voix") is None, "reading sets no cookie"
    for _ in range(2):
        answer = visitor.post(f"{at}/voter", data=VOTE, headers=SAME_ORIGIN)
        assert (answer.status_code, answer.headers["location"]) == (303, at)
    cookie = answer.headers["set-cookie"]
    assert all(
        word in cookie for word in ("HttpOnly", "SameSite=lax", "Max-Age=31536000", "Secure", "__Host-voix")
    )
    assert votes(region, one) == 1
    after = visitor.get(at, headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert "dont le vôtre" in after.text
    visitor.post(f"{at}/voter", data={"action": "retirer"}, headers=SAME_ORIGIN)
    assert votes(region, one) == 0
    assert "dont le vôtre" not in visitor.get(at).text
    ((voter,),) = sql(region, "SELECT count(*) FROM vote")
    assert voter == 0


def test_a_vote_of_another_site_or_of_a_silent_browser_is_no_vote_without_our_seal(
    visitor: TestClient, region: Region
) -> None:
    one = made.published(region)
    at = f"/questions/{one.ref}/voter"
    assert visitor.post(at, data=VOTE, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert visitor.post(at, data=VOTE, headers={"Origin": "https://evil.example"}).status_code == 403
    silent = visitor.post(at, data=VOTE)
    assert silent.status_code == 403
    assert visitor.post(at, data=VOTE, headers={"Origin": "null"}).status_code == 403
    assert votes(region, one) == 0
    assert visitor.post(at, data={"sceau": seal_of(silent.text), "action": "soutenir"}).status_code == 303
    assert votes(region, one) == 1
    assert visitor.post(at, data=VOTE, headers={"Origin": "https://offres.region.example"}).status_code == 303


def test_a_vote_leads_back_to_where_its_button_was_and_nowhere_else(
    visitor: TestClient, region: Region
) -> None:
    dialogue = made.dialogue(region)
    one, alone = made.published(region, of=dialogue), made.published(region, "Et la fibre, quand ?")
    for question, page, back in (
        (one, dialogue.ref, f"/dialogues/{dialogue.ref}#{one.ref}"),
        (one, "//evil.example", f"/questions/{one.ref}"),
        (alone, "", f"/questions/{alone.ref}"),
    ):
        answer = visitor.post(
            f"/questions/{question.ref}/voter", data={**VOTE, "page": page}, headers=SAME_ORIGIN
        )
        assert answer.headers["location"] == back


def test_nobody_votes_for_what_is_ended_or_not_public(visitor: TestClient, region: Region) -> None:
    has, waits = made.answered(region), made.waiting(region, "Et la fibre, quand ?")
    answer = visitor.post(f"/questions/{has.ref}/voter", data=VOTE, headers=SAME_ORIGIN)
    assert answer.headers["location"] == f"/questions/{has.ref}"
    assert visitor.post(f"/questions/{waits.ref}/voter", data=VOTE, headers=SAME_ORIGIN).status_code == 404
    assert sql(region, "SELECT count(*) AS n FROM vote")[0].n == 0


# Following and watching


def test_following_a_dialogue_is_a_place_once_it_is_confirmed(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    one = made.dialogue(region)
    answer = send(visitor, f"/dialogues/{one.ref}/suivre", {}, courriel="Ada@fournil.example", nom="Ada")
    assert answer.headers["location"] == "/confirmer"
    link = confirm_link(region, relayed)
    assert one.title in visitor.get(link).text
    assert sql(region, "SELECT count(*) AS n FROM contact")[0].n == 0
    press(visitor, link)
    placed = visitor.get(link).headers["location"]
    assert placed.startswith("/inscription/suivi/")
    assert "Votre place est réservée" in visitor.get(placed).text
    assert one.session_id
    found = sessions.named(region, one.session_id)
    assert found is not None
    assert found.taken == 1
    proof = sql(region, "SELECT proof FROM consent")[0].proof
    assert re.fullmatch(rf"{SITE}/dialogues/{one.ref}/suivre, wording [0-9a-f]{{12}}", proof["form"])
    ((contact,),) = sql(region, "SELECT id FROM contact")
    assert places.held(region, one.session_id, contact) is not None


def test_following_too_late_is_told_and_makes_nobody_known_as_coming(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    one = made.dialogue(region, in_days=1)
    at = f"/dialogues/{one.ref}/suivre"
    send(visitor, at, {}, courriel="ada@fournil.example")
    link = confirm_link(region, relayed)
    seal = seal_of(visitor.get(at).text)
    made.begin_at(region, one.ref, NOW - dt.timedelta(minutes=30))
    assert visitor.get(at).headers["location"] == f"/dialogues/{one.ref}"
    assert visitor.post(at, data={"sceau": seal, "courriel": "b@x.example"}).status_code == 303
    press(visitor, link)
    page = visitor.get(link).text
    assert "Cette rencontre ne prend plus personne" in page
    assert f"/dialogues/{one.ref}" in page


def test_who_watches_a_question_confirms_and_stops_by_one_click(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    one = made.published(region)
    at = f"/questions/{one.ref}/suivre"
    assert send(visitor, at, {}, courriel="x").status_code == 422
    assert send(visitor, at, {}, courriel="bob@x.example").headers["location"] == "/confirmer"
    link = confirm_link(region, relayed)
    press(visitor, link)
    assert "C’est confirmé" in visitor.get(link).text
    ((contact,),) = sql(region, "SELECT contact_id FROM watch")
    stop = path(relayed, "unwatch", f"{one.id}.{contact}")
    assert "Ne plus la suivre" in visitor.get(stop).text
    assert sql(region, "SELECT count(*) AS n FROM watch")[0].n == 1
    for _ in range(2):  # as mail programs do, by themselves (RFC 8058)
        answer = visitor.post(
            stop, content="List-Unsubscribe=One-Click", headers={"Sec-Fetch-Site": "cross-site"}
        )
        assert (answer.status_code, answer.headers.get("set-cookie")) == (200, None)
    assert sql(region, "SELECT count(*) AS n FROM watch")[0].n == 0
    moderation.answer(region, one.ref, made.ANSWER, "Ada", BY, NOW)
    assert visitor.get(at).headers["location"] == f"/questions/{one.ref}"


def test_a_link_that_is_not_ours_too_old_or_of_another_thing_is_gone(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    asked = made.by_mail(region)
    seals = Seals(relayed)
    ((ask,),) = sql(region, "SELECT ref FROM ask")
    for seal in (
        "x",
        "y" * 400,
        seals.seal("ask", ask, NOW - dt.timedelta(hours=49)),
        seals.seal("question", asked.ref, NOW),
        seals.seal("ask", "anone", NOW),
    ):
        assert visitor.get(f"/confirmer/{seal}").status_code == 410
        assert visitor.post(f"/confirmer/{seal}", data={"a": "b"}).status_code == 410
    for seal in ("x", seals.seal("ask", ask, NOW), seals.seal("question", "qnone", NOW)):
        assert visitor.get(f"/questions/suivi/{seal}").status_code == 410
    assert visitor.get("/questions/desabonnement/x").status_code == 410
    own = path(relayed, "question", asked.ref)
    assert visitor.get(own).status_code == 200
    assert asked.contact_id is not None
    with region.begin() as connection:
        contacts.erase(connection, asked.contact_id, NOW)
    assert visitor.get(own).status_code == 410


def test_a_resident_is_told_what_became_of_a_question_on_their_own_page(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    first = made.published(region)
    for question, told in {
        made.answered(region, "Et la fibre, dans le Cantal, quand ?"): made.ANSWER,
        made.refused(region, "Quand réparez-vous la route de mon village ?"): "Écrivez à la mairie.",
        made.merged(region, first): f"/questions/{first.ref}",
        first: "Elle est publiée.",
    }.items():
        page = visitor.get(path(relayed, "question", question.ref)).text
        assert told in page


# Hostile words


@pytest.mark.parametrize("script", [SCRIPTS[1], SCRIPTS[2], "\u202eannulée\u202c ?", "Très" * 200])
def test_no_word_of_a_question_writes_into_a_page(
    visitor: TestClient, region: Region, relayed: Settings, script: str
) -> None:
    plain = made.published(region, TEXT * 3, author="Ada")
    words = (f"Pourquoi {script}" + " donc" * 30)[:900]
    bad = made.published(region, words, author=script[:80])
    for found in (plain, bad):
        moderation.answer(region, found.ref, f"Voici {words}", script[:100] or "Ada", BY, NOW)

    def shape(at: str) -> list[str]:
        return [tag for tag, _ in Markup(visitor.get(at).text).tags]

    assert shape(f"/questions/{bad.ref}") == shape(f"/questions/{plain.ref}")
    assert shape(path(relayed, "question", bad.ref)) == shape(path(relayed, "question", plain.ref))
    assert not {"script", "img", "svg"} & set(shape("/questions"))
    again = visitor.post(NEW, data={**GOOD, "question": words, "nom": script, "courriel": script})
    assert not {"script", "img", "svg"} & {tag for tag, _ in Markup(again.text).tags}
    assert "\u202e" not in visitor.get(f"/questions/{bad.ref}").text
