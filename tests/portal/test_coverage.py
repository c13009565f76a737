"""Covered events on the portal: the wall, the files, and the links of those who agree and withdraw."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlsplit

import pytest
from httpx import Response
from starlette.testclient import TestClient

from connectors.region.alerting import alerts
from connectors.region.coverage import media, media_consents, students
from connectors.region.coverage.students import Student
from connectors.region.database import Region
from connectors.seals import Seals
from connectors.settings import Settings
from portal import coverage
from schemas.coverage import Giver
from tests.coverage import FILM, PIXEL, PUBLISHER, Covering
from tests.hands import sql
from tests.portal.programme import press
from tests.portal.test_hostile import Markup
from tests.portal.test_posting import seal_of

pytestmark = pytest.mark.database
NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
EVERY = {f"accord_{name}": "oui" for name in ("image", "voice", "byline", "portal", "facebook", "instagram")}


@pytest.fixture
def world(region: Region) -> Covering:
    return Covering(region, dt.datetime.now(dt.UTC))  # the portal's own clock goes on while other tests run


def link(world: Covering, settings: Settings, student: Student, giver: Giver) -> str:
    word = student.word(giver, world.event.id)
    return urlsplit(Seals(settings).link("media", word, NOW)).path


def send(visitor: TestClient, page: str, to: str, **fields: str) -> Response:
    """Send a form elsewhere than to the page that shows it."""
    answer: Response = visitor.post(to, data={"sceau": seal_of(visitor.get(page).text), **fields})
    return answer


def ticked(page: str) -> set[str]:
    return {str(a["name"]) for tag, a in Markup(page).tags if tag == "input" and "checked" in a}


# The wall


def test_events_and_their_walls_are_there_for_everybody(visitor: TestClient, world: Covering) -> None:
    child = world.agreed()
    image, film = world.published(child, author=child), world.published(content=FILM)
    assert "Musilac" in visitor.get("/couverture").text
    wall = visitor.get(f"/couverture/{world.event.ref}")
    for words in ("La scène, juste avant le concert", "Deux élèves devant une scène", child.name, "Ada"):
        assert words in wall.text
    assert f'src="/medias/{image.ref}.jpg"' in wall.text
    assert f'src="/medias/{film.ref}.mp4"' in wall.text
    assert visitor.get("/couverture/e0").status_code == 404


def test_a_wall_without_media_says_so(visitor: TestClient, world: Covering) -> None:
    world.medium()
    assert "Aucune image pour le moment" in visitor.get(f"/couverture/{world.event.ref}").text


def test_no_cache_and_no_search_engine_keeps_a_face(visitor: TestClient, world: Covering) -> None:
    medium = world.published(world.agreed())
    for path in (f"/couverture/{world.event.ref}", f"/medias/{medium.ref}.jpg"):
        headers = visitor.get(path).headers
        assert headers["cache-control"] == "no-store"
        assert "noindex" in headers["x-robots-tag"]
        assert "etag" not in headers
    assert "Disallow: /medias/" in visitor.get("/robots.txt").text


@pytest.mark.parametrize("giver", ["student", "guardian"])
def test_withdrawn_by_a_link_it_is_gone_from_the_wall_and_the_file_at_once(
    visitor: TestClient, world: Covering, relayed: Settings, giver: Giver
) -> None:
    child, other = world.agreed(), world.agreed()
    medium, kept = world.published(child, other), world.published(other)
    file, wall = f"/medias/{medium.ref}.jpg", f"/couverture/{world.event.ref}"
    mine = link(world, relayed, child, giver)
    assert visitor.get(file).content == PIXEL
    visitor.get(mine)
    assert visitor.get(file).status_code == 200, "opening the link changes nothing"

    answer = send(visitor, mine, f"{mine}/retirer")

    assert answer.status_code == 303
    assert "Tout est retiré" in visitor.get(answer.headers["location"]).text
    gone = visitor.get(file)
    assert (gone.status_code, gone.headers["cache-control"]) == (410, "no-store")
    assert "retiré son accord" in gone.text
    assert visitor.get(f"/medias/{medium.ref}").status_code == 410
    assert file not in visitor.get(wall).text
    assert f"/medias/{kept.ref}.jpg" in visitor.get(wall).text
    assert world.wanted() == {medium.ref: False, kept.ref: True}
    assert [alert.cause for alert in alerts.unresolved(world.region)] == [f"coverage {medium.ref}"]
    roll = visitor.get(wall).text
    assert "Retiré" in roll
    assert child.name not in roll


def test_where_a_caption_leads(visitor: TestClient, world: Covering) -> None:
    medium = world.published()
    answer = visitor.get(f"/medias/{medium.ref}?e={medium.ref}-1")
    assert answer.headers["location"] == f"/couverture/{world.event.ref}#{medium.ref}"


def test_a_file_is_served_for_instagram_alone_too_and_a_draft_to_nobody(
    visitor: TestClient, world: Covering
) -> None:
    """Instagram fetches it from here: a medium that the wall does not show has an address that nobody guesses."""
    child = world.student()
    world.agree(child, scopes=["instagram"])
    medium = world.publish(world.medium(child), "instagram")
    assert visitor.get(f"/medias/{medium.ref}.jpg").status_code == 200
    assert medium.ref not in visitor.get(f"/couverture/{world.event.ref}").text.split("Registre")[0]
    assert visitor.get(f"/medias/{world.medium().ref}.jpg").status_code == 410
    assert visitor.get("/medias/m0.jpg").status_code == 404
    assert visitor.get(f"/medias/{medium.ref}.mp4").status_code == 404


@pytest.mark.parametrize(
    ("asked", "status", "first", "last"),
    [
        ("bytes=0-3", 206, 0, 3),
        ("bytes=4-", 206, 4, len(FILM) - 1),
        ("bytes=4-9999", 206, 4, len(FILM) - 1),
        ("bytes=9999-", 416, 0, 0),
        ("bytes=9-3", 416, 0, 0),
        ("bytes=-5", 200, 0, len(FILM) - 1),
        ("lines=1-2", 200, 0, len(FILM) - 1),
    ],
)
def test_a_player_has_the_part_that_it_asks_for(
    visitor: TestClient, world: Covering, asked: str, status: int, first: int, last: int
) -> None:
    medium = world.published(content=FILM)
    answer = visitor.get(f"/medias/{medium.ref}.mp4", headers={"Range": asked})
    assert answer.status_code == status
    if status < 400:
        assert answer.content == FILM[first : last + 1]
        assert answer.headers["content-type"] == "video/mp4"
    if status == 206:
        assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(FILM)}"


def test_no_word_of_a_medium_writes_into_the_page(visitor: TestClient, world: Covering) -> None:
    hostile = '"><script>alert(1)</script>'
    draft = media.Draft(slot=world.slot().id, caption=hostile, alt=hostile, author=None, people=())
    world.publish(media.add(world.region, draft, FILM, world.now))
    world.publish(media.add(world.region, draft, PIXEL, world.now))
    assert "<script" not in visitor.get(f"/couverture/{world.event.ref}").text


# Agreeing


def test_nothing_is_ticked_that_was_not_agreed_to_and_what_is_ticked_holds(
    visitor: TestClient, world: Covering, relayed: Settings
) -> None:
    child = world.student()
    medium = world.medium(child)
    givers: tuple[Giver, ...] = ("student", "guardian")
    for giver in givers:
        mine = link(world, relayed, child, giver)
        assert ticked(visitor.get(mine).text) == set()
        answer = press(visitor, mine, **EVERY)
        assert answer.status_code == 303
        page = visitor.get(answer.headers["location"]).text
        assert "C’est enregistré" in page
        assert ticked(page) == set(EVERY)
    world.now += dt.timedelta(minutes=5)
    assert world.publish(medium).state == "published"
    (first, *_) = media_consents.of(world.region, child.id)
    assert first.proof.startswith("https://offres.region.example/couverture/accord, wording ")
    assert first.expires_at.date() == world.event.last_day + dt.timedelta(days=365)

    press(visitor, link(world, relayed, child, "guardian"), accord_image="oui", accord_portal="oui")
    assert world.read(medium).scopes == ("portal",)
    press(visitor, link(world, relayed, child, "guardian"))
    assert world.read(medium).scopes == ()


def test_a_form_without_our_seal_changes_nothing(
    visitor: TestClient, world: Covering, relayed: Settings
) -> None:
    child = world.agreed()
    medium = world.published(child)
    mine = link(world, relayed, child, "student")
    for path in (mine, f"{mine}/retirer"):
        assert visitor.post(path, data={"a": "b"}).status_code == 403
    assert world.read(medium).state == "published"


def test_of_who_came_of_age_the_guardian_s_link_agrees_to_nothing_more(
    visitor: TestClient, world: Covering, relayed: Settings
) -> None:
    child = world.student()
    mine = link(world, relayed, child, "guardian")
    sql(world.region, "UPDATE student SET born = :b", b=NOW.date() - dt.timedelta(days=19 * 366))
    page = visitor.get(mine).text
    assert "a maintenant 18" in page
    assert "accord_image" not in page
    assert send(visitor, link(world, relayed, child, "student"), mine, **EVERY).status_code == 409
    assert media_consents.of(world.region, child.id) == []


def test_a_link_ends_with_the_address_that_it_was_sent_to(
    visitor: TestClient, world: Covering, relayed: Settings
) -> None:
    """A guardian who is replaced keeps a letter: its link opened the other's page."""
    child = world.student()
    mine = link(world, relayed, child, "guardian")
    assert visitor.get(mine).status_code == 200
    students.keep(world.region, child.name, child.email, child.born, ("Autre", "autre@x.example"), NOW)
    assert visitor.get(mine).status_code == 410
    assert visitor.get(f"{mine}x").status_code == 410
    assert send(visitor, link(world, relayed, child, "student"), mine, **EVERY).status_code == 410


def test_what_is_published_elsewhere_is_at_the_address_that_effects_say(world: Covering) -> None:
    medium = world.published()
    (row,) = sql(world.region, "SELECT content FROM effect")
    assert row.content["url"] == f"{PUBLISHER}{coverage.address(medium)}"
