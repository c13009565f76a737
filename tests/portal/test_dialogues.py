"""Dialogues for everybody: the list, one of them, calendars, what search engines read."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar
from starlette.testclient import TestClient

from connectors import clock
from connectors.region.database import Region
from connectors.region.dialogues import dialogue_holding, dialogue_life, dialogues, hosts
from connectors.region.dialogues.dialogue_life import Placement
from connectors.region.dialogues.dialogues import Dialogue
from connectors.region.sessions import sessions
from core import wording
from core.dialogues import PUBLIC, State
from portal import dialogues as pages
from tests.hands import sql
from tests.hostile import SCRIPTS
from tests.portal import dialogues as made
from tests.portal.dialogues import BY, SITE, hub
from tests.portal.programme import NOW
from tests.portal.test_hostile import Markup
from tests.portal.test_jsonld import check_vocabulary
from tests.portal.test_openness import read
from tests.portal.test_sessions import block, titles

pytestmark = pytest.mark.database


def moved(region: Region, dialogue: Dialogue, days: int = 2) -> Dialogue:
    assert dialogue.official_id
    assert dialogue.moderator_id
    assert dialogue.starts_wall
    where = Placement(
        official_id=dialogue.official_id,
        moderator_id=dialogue.moderator_id,
        venue_id=dialogue.venue_id,
        starts_wall=dialogue.starts_wall + dt.timedelta(days=days),
    )
    return dialogue_life.move(region, hub(), dialogue.ref, BY, None, NOW, where=where)


def events(client: TestClient, at: str) -> dict[str, Any]:
    answer = client.get(at)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/calendar")
    return {str(each["UID"]): each for each in Calendar.from_ical(answer.content).walk("VEVENT")}


# The list


def test_what_is_on_air_comes_first_then_what_is_next_then_what_was_held(
    client: TestClient, region: Region
) -> None:
    made.dialogue(region, title="Plus tard", in_days=20)
    made.dialogue(region, title="Bientôt", in_days=2)
    made.dialogue(region, title="En cours", in_days=-0.01)
    made.cancelled(region, title="Annulée", in_days=9)
    made.over(region, title="Tenue", in_days=-3)
    made.over(region, title="Tenue avant", in_days=-9)
    made.dialogue(region, title="Pas encore annoncée", announced=False)
    page = client.get("/dialogues").text
    assert titles(page) == ["En cours", "Bientôt", "Annulée", "Plus tard", "Tenue", "Tenue avant"]
    assert titles(page.partition('id="passees"')[2]) == ["Tenue", "Tenue avant"]
    assert "À revoir en vidéo, compte rendu" in read(page)


def test_what_was_cancelled_before_it_was_announced_was_never_there(
    client: TestClient, region: Region
) -> None:
    """A dialogue that is cancelled is public in the rules' words; one that nobody was told of would have told them so."""
    hidden = made.dialogue(region, announced=False)
    dialogue_life.cancel(region, hub(), hidden.ref, BY, "Personne n’est libre.", NOW)
    assert titles(client.get("/dialogues").text) == []
    assert events(client, "/dialogues.ics") == {}
    for at in (f"/dialogues/{hidden.ref}", f"/dialogues/{hidden.ref}.ics", f"/dialogues/{hidden.ref}/suivre"):
        assert client.get(at).status_code == 404


def test_a_list_of_one_department_and_one_theme_has_one_address(client: TestClient, region: Region) -> None:
    made.dialogue(region, title="Cantal", department="15", in_days=2)
    made.dialogue(region, title="Partout", department=None, in_days=3)
    made.dialogue(region, title="Rhône", department="69", theme="jobs", in_days=4)
    assert titles(client.get("/dialogues?departement=15").text) == ["Cantal", "Partout"]
    assert titles(client.get("/dialogues?theme=jobs").text) == ["Rhône"]
    assert len(titles(client.get("/dialogues?theme=x&departement=99").text)) == 3
    narrowed = client.get("/dialogues?theme=jobs&departement=15&x=1").text
    assert f'rel="canonical" href="{SITE}/dialogues?departement=15&amp;theme=jobs"' in narrowed
    assert "noindex" in narrowed
    assert "Aucune rencontre de ce genre" in narrowed
    assert 'href="/questions/nouvelle?theme=jobs"' in narrowed
    assert "noindex" not in client.get("/dialogues").text


def test_without_any_dialogue_one_can_still_ask(client: TestClient) -> None:
    page = client.get("/dialogues").text
    assert "Aucune rencontre n’est annoncée pour le moment" in page
    assert 'href="/questions/nouvelle"' in page
    assert "dans les 15 jours" in read(page)


def test_home_and_every_page_lead_to_dialogues(
    client: TestClient, region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Les prochaines rencontres" not in client.get("/").text
    for number in range(pages.NEXT + 1):
        made.dialogue(region, in_days=number + 2, title=f"Dialogue {number}")
    home = client.get("/").text
    assert [title for title in titles(home) if "Dialogue" in title] == ["Dialogue 0", "Dialogue 1"]
    assert 'href="/dialogues"' in client.get("/accessibilite").text
    later = NOW + dt.timedelta(days=2.02)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert "En ce moment" in client.get("/").text


def any_dialogue(state: State, minutes: int) -> Dialogue:
    values: dict[str, Any] = dict.fromkeys(Dialogue.__struct_fields__)
    return Dialogue(**{**values, "state": state, "minutes": minutes, "starts_at": NOW, "seats": 0})


@given(
    st.sampled_from(sorted(PUBLIC)), st.integers(1, 5_000), st.lists(st.integers(-6_000, 6_000), min_size=2)
)
def test_a_dialogue_only_goes_on_as_time_does(state: State, minutes: int, moments: list[int]) -> None:
    """What was on air is never to come again; what is over or cancelled stays so, whenever staff say so in the end."""
    one = any_dialogue(state, minutes)
    order = ["open", "on", "over", "cancelled"]
    stages = [order.index(pages.stage_of(one, NOW + dt.timedelta(minutes=each))) for each in sorted(moments)]
    assert stages == sorted(stages)
    if state not in {"announced", "on_air"}:
        assert len(set(stages)) == 1
    assert pages.stage_of(one, NOW) != "open"


# One dialogue


def test_a_dialogue_says_with_whom_when_how_and_who_moderates(client: TestClient, region: Region) -> None:
    one = made.dialogue(region, seats=80)
    page = client.get(f"/dialogues/{one.ref}")
    assert page.headers["cache-control"] == "private, no-cache"
    told = read(page.text)
    for words in (
        "Ada Martin, vice-présidente déléguée aux transports",
        "Animée par Bruno Faure",
        "Thème Transports",
        f"Lieu {one.venue} et en ligne",
        "Places sur place 80",
        "(heure de Paris)",
        "La charte des questions",
        "Le lien de la vidéo paraît ici le jour même.",
        "Posez la première.",
    ):
        assert words in told, words
    again = client.get(f"/dialogues/{one.ref}", headers={"If-None-Match": page.headers["etag"]})
    assert again.status_code == 304


def test_what_changed_is_told_plainly(client: TestClient, region: Region) -> None:
    one = made.dialogue(region)
    before = one.starts_wall
    assert before is not None
    moved(region, one)
    assert f"Elle était prévue le {read(wording.moment(before))}" in read(
        client.get(f"/dialogues/{one.ref}").text
    )
    dialogue_life.fall_back(region, hub(), one.ref, BY, "la salle n’a pas de réseau.", NOW)
    told = read(client.get(f"/dialogues/{one.ref}").text)
    assert "se tient par écrit, et non en vidéo. La salle n’a pas de réseau." in told
    assert "Lieu Sur ce portail, par écrit" in told
    dialogue_life.cancel(region, hub(), one.ref, BY, "l’élue est souffrante.", NOW)
    page = client.get(f"/dialogues/{one.ref}").text
    assert "Cette rencontre est annulée. L’élue est souffrante." in read(page)
    assert f"/dialogues/{one.ref}/question" not in page
    assert f"/dialogues/{one.ref}/suivre" not in page


def test_where_the_video_is_is_told_on_its_day_until_it_is_over(
    client: TestClient, region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = made.dialogue(region, in_days=2)
    sql(
        region,
        "UPDATE effect SET remote_id = '77', live_hash = 'x' WHERE channel = 'facebook_live' AND subject = :ref",
        ref=one.ref,
    )
    link = "/videos/77/"
    assert one.starts_at is not None
    for hours, shown in ((-48, False), (-0.1, True), (0.5, True), (1.5, False)):
        moment = one.starts_at + dt.timedelta(hours=hours)
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        assert (link in client.get(f"/dialogues/{one.ref}").text) is shown, hours


def test_what_was_held_keeps_its_replay_its_minutes_and_its_answers(
    client: TestClient, region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = made.dialogue(region, in_days=2)
    asked = made.answered(region, of=one)
    made.begin_at(region, one.ref, NOW - dt.timedelta(days=3))
    bare = made.dialogue(region, in_days=-3)
    dialogue_holding.close(region, hub(), one.ref, BY, NOW, replay="https://video.example/1")
    dialogue_holding.publish_record(region, hub(), one.ref, "La ligne rouvre.", BY, NOW)
    years = NOW + dt.timedelta(days=1_000)
    monkeypatch.setattr(clock, "now", lambda: years)
    page = client.get(f"/dialogues/{one.ref}").text
    assert 'href="https://video.example/1"' in page
    assert "La ligne rouvre." in page
    assert made.ANSWER in page
    assert asked.ref in page
    assert "compte rendu n’est pas encore publié" in client.get(f"/dialogues/{bare.ref}").text


def test_an_address_that_no_browser_should_be_sent_to_is_no_replay(
    client: TestClient, region: Region
) -> None:
    one = made.over(region)
    sql(region, "UPDATE dialogue SET replay = 'javascript:alert(1)' WHERE ref = :ref", ref=one.ref)
    for at in ("/dialogues", f"/dialogues/{one.ref}"):
        page = client.get(at).text
        assert 'href="javascript' not in page
        assert "revoir" not in page.partition("<main")[2].replace("À revoir et à lire", "")


def test_questions_stand_by_votes_with_their_clock(client: TestClient, region: Region) -> None:
    one = made.dialogue(region)
    late = made.published(region, of=one, days_ago=18)
    made.published(region, "Y aura-t-il des vélos dans les trains du matin ?", of=one)
    made.waiting(region, "Une question qui n’est pas encore relue, et ne se voit pas", of=one)
    made.refused(region, "Quand réparez-vous la route de mon village ?")
    sql(region, "INSERT INTO vote (question_id, voter, at) VALUES (:id, 'x', now())", id=late.id)
    page = client.get(f"/dialogues/{one.ref}").text
    assert [title[:5] for title in titles(page.partition('id="questions"')[2])] == ["Quand", "Y aur"]
    told = read(page)
    assert "Réponse en retard de 3 jours , attendue le" in told
    assert "encore 15 jours" in told
    assert "1 soutien" in told
    assert "pas encore relue, et ne se voit pas" not in told
    assert "1 question attend encore d’être relue." in told


def test_what_is_no_dialogue_is_not_found_and_what_was_cancelled_is_gone_after_a_year(
    client: TestClient, region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    for ref in ("dnothing", "'; DROP TABLE dialogue", "%00", "x" * 5_000):
        assert client.get(f"/dialogues/{ref}").status_code == 404
    off = made.cancelled(region)
    assert client.get(f"/dialogues/{off.ref}").status_code == 200
    later = NOW + dt.timedelta(days=14 + 367)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert client.get(f"/dialogues/{off.ref}").status_code == 410


def test_its_session_leads_to_it_and_is_on_no_list_of_sessions(client: TestClient, region: Region) -> None:
    one = made.dialogue(region)
    assert one.session_id
    session = sessions.named(region, one.session_id)
    assert session is not None
    for end in ("", ".ics"):
        answer = client.get(f"/seances/{session.ref}{end}", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (301, f"/dialogues/{one.ref}{end}")
    for at in ("/seances", "/seances.ics"):
        assert session.ref not in client.get(at).text
    assert client.get("/sitemaps/seances.xml").status_code == 404


def test_search_engines_read_what_people_read(client: TestClient, region: Region) -> None:
    one = made.dialogue(region, seats=80, summary="</script><script>alert(1)</script>")
    page = client.get(f"/dialogues/{one.ref}").text
    told = block(page)
    assert page.count("<script") == 1
    assert told["@type"] == "BroadcastEvent"
    assert told["isLiveBroadcast"] is True
    assert dt.datetime.fromisoformat(told["startDate"]) == one.starts_at
    assert told["eventStatus"] == "https://schema.org/EventScheduled"
    assert [each["@type"] for each in told["location"]] == ["Place", "VirtualLocation"]
    assert told["performer"] == {"@type": "Person", "name": "Ada Martin"}
    after = moved(region, one)
    told = block(client.get(f"/dialogues/{one.ref}").text)
    assert told["eventStatus"] == "https://schema.org/EventRescheduled"
    assert dt.datetime.fromisoformat(told["previousStartDate"]) == one.starts_at
    assert dt.datetime.fromisoformat(told["startDate"]) == after.starts_at
    dialogue_life.cancel(region, hub(), one.ref, BY, "La neige.", NOW)
    told = block(client.get(f"/dialogues/{one.ref}").text)
    assert told["eventStatus"] == "https://schema.org/EventCancelled"
    written = block(client.get(f"/dialogues/{made.dialogue(region, form='written', in_days=30).ref}").text)
    assert (written["@type"], written["eventAttendanceMode"]) == (
        "Event",
        "https://schema.org/OnlineEventAttendanceMode",
    )


@pytest.mark.shared
def test_every_word_is_schema_orgs(client: TestClient, region: Region, shared: Path) -> None:
    for one in (moved(region, made.dialogue(region, seats=5)), made.over(region)):
        check_vocabulary(shared, block(client.get(f"/dialogues/{one.ref}").text))


# Calendars


def test_all_of_a_department_of_a_theme_and_of_an_official_can_be_subscribed_to(
    client: TestClient, region: Region
) -> None:
    here = made.dialogue(region, department="15", in_days=3)
    off = made.cancelled(region, department="69", theme="jobs", official="Élu Autre", in_days=5)
    held = made.over(region, department=None, in_days=-3)
    uids = {each.ref: f"{each.ref}@offres.region.example" for each in (here, off, held)}
    every = events(client, "/dialogues.ics")
    assert set(every) == set(uids.values())
    assert str(every[uids[off.ref]]["STATUS"]) == "CANCELLED"
    assert every[uids[here.ref]].decoded("DTSTART") == here.starts_at
    assert str(every[uids[here.ref]]["URL"]) == f"{SITE}/dialogues/{here.ref}"
    assert set(events(client, "/dialogues/departement/15.ics")) == {uids[here.ref], uids[held.ref]}
    assert set(events(client, "/dialogues/theme/jobs.ics")) == {uids[off.ref]}
    assert set(events(client, f"/dialogues/elu/{here.official_id}.ics")) == {uids[here.ref]}
    assert set(events(client, f"/dialogues/{here.ref}.ics")) == {uids[here.ref]}
    lonely = hosts.keep_official(region, "Élue Seule", "conseillère", "seule@region.example")
    for wrong in ("departement/99", "theme/x", "elu/0", "elu/x", f"elu/{lonely.id}", "elu/" + "9" * 40):
        assert client.get(f"/dialogues/{wrong}.ics").status_code == 404, wrong


def test_a_calendar_is_asked_for_again_by_its_etag_and_says_when_it_changed(
    client: TestClient, region: Region
) -> None:
    one = made.dialogue(region)
    first = client.get("/dialogues.ics")
    assert first.headers["last-modified"].endswith(" GMT")
    again = client.get("/dialogues.ics", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    (before,) = events(client, "/dialogues.ics").values()
    moved(region, one)
    after = client.get("/dialogues.ics", headers={"If-None-Match": first.headers["etag"]})
    assert after.status_code == 200
    (event,) = Calendar.from_ical(after.content).walk("VEVENT")
    assert event["UID"] == before["UID"]
    assert event["SEQUENCE"] > before["SEQUENCE"]


def test_the_page_of_dialogues_explains_how_to_subscribe(client: TestClient, region: Region) -> None:
    one = made.dialogue(region)
    assert 'href="webcal://offres.region.example/dialogues.ics"' in client.get("/dialogues").text
    narrowed = client.get("/dialogues?departement=15").text
    assert 'href="webcal://offres.region.example/dialogues/departement/15.ics"' in narrowed
    page = client.get(f"/dialogues/{one.ref}").text
    assert f'href="webcal://offres.region.example/dialogues/elu/{one.official_id}.ics"' in page


# Elsewhere


def test_search_engines_are_told_of_dialogues_and_of_questions_that_everybody_reads(
    client: TestClient, region: Region
) -> None:
    assert client.get("/sitemaps/dialogues.xml").status_code == 404
    one = made.dialogue(region)
    asked, unread = made.published(region), made.waiting(region, "Et la fibre, dans le Cantal, quand ?")
    refused = made.refused(region, "Quand réparez-vous la route de mon village ?")
    assert "/sitemaps/dialogues.xml" in client.get("/sitemap.xml").text
    told = re.findall(r"<loc>([^<]+)</loc>", client.get("/sitemaps/dialogues.xml").text)
    assert told == [f"{SITE}/dialogues/{one.ref}", f"{SITE}/questions/{asked.ref}"]
    for hidden in (unread, refused):
        assert 'content="noindex"' in client.get(f"/questions/{hidden.ref}").text


def test_the_parity_page_counts_the_dialogues_of_every_channel(client: TestClient, region: Region) -> None:
    one = made.dialogue(region)
    sql(region, "UPDATE effect SET live_hash = 'x' WHERE channel IN ('facebook_dialogues', 'caldav')")
    assert sql(region, "SELECT count(*) AS n FROM effect WHERE channel = 'caldav'")[0].n == 2
    rows = re.findall(
        r"<tr>(.*?)</tr>", client.get("/parite").text.partition('id="rencontres"')[2], re.DOTALL
    )
    assert [read(row).split()[-3:] for row in rows[1:]] == [["1", "1", "0"], ["0", "0", "0"], ["1", "1", "0"]]
    assert dialogues.named(region, one.ref) is not None


# Hostile words


@pytest.mark.parametrize("script", [SCRIPTS[1], SCRIPTS[2], "\u202eannulée\u202c", "Très" * 60])
def test_no_word_of_a_dialogue_writes_into_a_page(client: TestClient, region: Region, script: str) -> None:
    plain = made.over(region)
    bad = made.over(region, title=script, summary=script, official="Ada", in_days=-30)
    sql(
        region,
        "UPDATE dialogue SET record = :words, reason = :words, fallen_back_at = now() WHERE ref = :ref",
        words=script,
        ref=bad.ref,
    )
    sql(region, "UPDATE dialogue SET fallen_back_at = now(), reason = 'x' WHERE ref = :ref", ref=plain.ref)
    shape = [tag for tag, _ in Markup(client.get(f"/dialogues/{plain.ref}").text).tags]
    assert [tag for tag, _ in Markup(client.get(f"/dialogues/{bad.ref}").text).tags] == shape
    listed = Markup(client.get("/dialogues").text).tags
    assert not [tag for tag, _ in listed if tag in {"script", "img", "svg"}]
