"""Every clause of the truth can fail: what is planted in a quiet world is told as such."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import pytest

from connectors.graph import words as facebook
from core.effects import Found, Intent, Receipt
from flows import settle
from tests.world import truth
from tests.world.scenario import World
from tests.world.stage import Stage

pytestmark = [pytest.mark.database, pytest.mark.world]
PAGE = "100000000000001"


@pytest.fixture
def world(stage: Stage) -> World:
    world = World(stage)
    assert world.play().differences == []
    return world


def differences(world: World) -> list[str]:
    return truth.differences(world.stage, world.outside)


def see_told(world: World, told: Sequence[str]) -> None:
    found = "\n".join(differences(world))
    assert [words for words in told if words not in found] == [], found


def graph(stage: Stage, method: str, path: str, **params: str) -> Any:
    token = stage.settings.facebook_token.get_secret_value()
    proof = facebook.proof(token, "sandbox-app-secret")
    answer = stage.sandbox.http.request(
        method,
        f"{stage.settings.graph}/v26.0/{path}",
        params={"access_token": token, "appsecret_proof": proof, **params},
    )
    answer.raise_for_status()
    return answer.json()


def first_post(stage: Stage) -> dict[str, str]:
    post: dict[str, str] = stage.sandbox.posts()[0]
    return post


def subject(post: dict[str, str]) -> str:
    return post["link"].partition("/offres/")[2][:12]


def duplicate(stage: Stage) -> list[str]:
    post = first_post(stage)
    graph(stage, "POST", f"{PAGE}/feed", message=post["message"], link=post["link"])
    return [f"facebook_page {subject(post)}: there 2 times", "were there at the same time", "doubled=1"]


def duplicate_that_was_removed(stage: Stage) -> list[str]:
    post = first_post(stage)
    again = graph(stage, "POST", f"{PAGE}/feed", message=post["message"], link=post["link"])
    graph(stage, "DELETE", again["id"])
    return [f"facebook_page {subject(post)}: {post['id']} and {again['id']} were there at the same time"]


def missing(stage: Stage) -> list[str]:
    post = first_post(stage)
    graph(stage, "DELETE", post["id"])
    return [f"facebook_page {subject(post)}: missing", "missing=1"]


def stale(stage: Stage) -> list[str]:
    post = first_post(stage)
    graph(stage, "POST", post["id"], message=post["message"].replace("\n", " (pourvu)\n", 1))
    return [f"facebook_page {subject(post)}: stale or wrong content"]


def never_withdrawn(stage: Stage) -> list[str]:
    link = "https://portail.example/offres/00000000zzzz?e=00000000zzzz-1"
    graph(stage, "POST", f"{PAGE}/feed", message=f"Fermée\nCandidater sans compte : {link}", link=link)
    return ["facebook_page 00000000zzzz: there, though not open", "unexpected=1"]


def feed_without_a_job(stage: Stage) -> list[str]:
    return _feed(
        stage, lambda text: text[: text.index("<job>")] + text[text.index("</job>\n") + 7 :], "missing"
    )


def feed_with_an_old_title(stage: Stage) -> list[str]:
    return _feed(
        stage,
        lambda text: text.replace("<title><![CDATA[", "<title><![CDATA[Ex ", 1),
        "stale or wrong content",
    )


def feed_with_a_job_twice(stage: Stage) -> list[str]:
    def twice(text: str) -> str:
        first = text[text.index("<job>") : text.index("</job>\n") + 7]
        return text.replace(first, first * 2)

    return _feed(stage, twice, "there 2 times")


def _feed(stage: Stage, change: Callable[[str], str], told: str) -> list[str]:
    plain = stage.home / "feeds" / "aggregator.xml"
    changed = change(plain.read_text("utf-8"))
    plain.write_text(changed, "utf-8")
    plain.with_name("aggregator.xml.gz").write_bytes(gzip.compress(changed.encode()))
    return ["aggregator_feed", told]


def feed_and_gzip_apart(stage: Stage) -> list[str]:
    (stage.home / "feeds" / "aggregator.xml.gz").write_bytes(gzip.compress(b"<source/>"))
    return ["aggregator_feed: the two files differ"]


def feed_gone(stage: Stage) -> list[str]:
    (stage.home / "feeds" / "aggregator.xml").unlink()
    return ["aggregator_feed: a file is missing"]


def spool_left(stage: Stage) -> list[str]:
    (stage.home / "spool").mkdir(exist_ok=True)
    (stage.home / "spool" / "run-1.spool").touch()
    return ["litter: spool/run-1.spool"]


# In the database: what is planted, and what is told.
STATEMENTS: Final = {
    "a board without an offer": (
        "DELETE FROM board WHERE key = (SELECT min(key) FROM board WHERE withdrawn_at IS NULL)",
        ["open_portal", ": missing"],
    ),
    "a board with old content": (
        (
            'UPDATE board SET content = content || \'{"title": "Ancien"}\' '
            "WHERE key = (SELECT min(key) FROM board WHERE withdrawn_at IS NULL)"
        ),
        ["open_portal", ": stale or wrong content"],
    ),
    "a board with a closed offer": (
        (
            "UPDATE board SET withdrawn_at = NULL, content = (SELECT content FROM board WHERE content IS NOT NULL LIMIT 1) "
            "WHERE withdrawn_at IS NOT NULL"
        ),
        ["open_portal", ": there, though not open"],
    ),
    "an offer closed for nothing": (
        "UPDATE offer SET status = 'closed', closed_reason = 'absent' WHERE id = (SELECT min(id) FROM offer WHERE status = 'open')",
        [": closed here, open at the contractor"],
    ),
    "an offer left open": (
        "UPDATE offer SET status = 'open', closed_reason = NULL WHERE status = 'closed'",
        [": open here, closed at the contractor"],
    ),
    "a payload dropped": (
        "DELETE FROM quarantine WHERE id = (SELECT min(id) FROM quarantine)",
        [": neither an offer nor in quarantine"],
    ),
    "an effect forgotten": (
        "DELETE FROM effect WHERE id = (SELECT min(id) FROM effect WHERE channel = 'facebook_page' AND live_hash IS NOT NULL)",
        ["facebook_page: the audit differs", "unexpected=1"],
    ),
    "an effect parked": (
        (
            "UPDATE effect SET state = 'parked' "
            "WHERE id = (SELECT min(id) FROM effect WHERE channel = 'facebook_page' AND live_hash IS NOT NULL)"
        ),
        ["facebook_page: 1 parked and 0 refused, without a reason"],
    ),
}


PLANTS = (
    duplicate,
    duplicate_that_was_removed,
    missing,
    stale,
    never_withdrawn,
    feed_without_a_job,
    feed_with_an_old_title,
    feed_with_a_job_twice,
    feed_and_gzip_apart,
    feed_gone,
    spool_left,
)


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
def test_what_is_planted_is_told(world: World, plant: Callable[[Stage], Sequence[str]]) -> None:
    see_told(world, plant(world.stage))


@pytest.mark.parametrize("planted", STATEMENTS)
def test_what_is_planted_in_the_database_is_told(world: World, planted: str) -> None:
    statement, told = STATEMENTS[planted]
    world.stage.connection.execute(statement.encode())
    see_told(world, told)


# A hub that does wrong is found out


@pytest.fixture
def _blind(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A hub that sends again what it did not find, without a second look."""
    from tasks import settle as step

    def proof(intent: Intent, _found: Found | None) -> Receipt:
        return Receipt(intent.effect, "missing")

    monkeypatch.setattr(step, "proof", proof)
    return iter((None,))


@pytest.mark.usefixtures("_blind")
def test_a_hub_that_sends_again_blindly_is_found_out(stage: Stage) -> None:
    calls = [p.number for p in World(stage).play().points if p.label == "POST /graph/v26.0/ (5 POST)"]
    story = World(stage, {calls[0]: "timeout_after"}).play()
    assert any("were there at the same time" in difference for difference in story.differences)
    assert story.command() in str(story)


def test_a_hub_that_never_settles_is_found_out(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    from flows import offers

    monkeypatch.setattr(settle, "settle", lambda *_: None)
    monkeypatch.setattr(offers, "settle", lambda *_: None)
    calls = [p.number for p in World(stage).play().points if p.label == "POST /graph/v26.0/ (5 POST)"]
    story = World(stage, {calls[0]: "timeout_after"}).play()
    assert "not quiet after 8 rounds" in story.differences[0]


def test_a_hub_that_crashes_is_found_out(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    from flows import offers

    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(offers, "close", broken)
    story = World(stage).play()
    assert "full sync crashed" in story.differences[0]
    assert "ZeroDivisionError" in story.differences[0]
