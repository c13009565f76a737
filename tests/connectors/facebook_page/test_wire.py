from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.facebook_page import wire
from connectors.graph import words
from core.effects import Intent, marker_of
from core.html import sanitise
from core.plan import Operation
from schemas.offer import Offer, encode
from tests.makers import NOON, job, training

SUBJECT, LEASE = "0123456789ab", 47
MARKER = marker_of(SUBJECT, LEASE)
LINK = f"https://portail.example/offres/{SUBJECT}?e={MARKER}"
PAGE = "100000000000001"
OPERATIONS: tuple[Operation, ...] = ("create", "update", "withdraw")
LONGEST = 1_500  # characters of a post with the longest title: residents read it on a telephone


def intent(operation: Operation, offer: Offer | None = None) -> Intent:
    remote_id = None if operation == "create" else "1_2"
    content = None if operation == "withdraw" else encode(offer or job())
    return Intent(7, SUBJECT, operation, MARKER, remote_id, content, NOON)


# Requests


def test_a_creation_posts_message_and_link_to_the_feed_of_the_page() -> None:
    item = wire.request(intent("create"), PAGE, LINK)
    assert (item["method"], item["relative_url"]) == ("POST", f"{PAGE}/feed")
    assert parse_qsl(item["body"], strict_parsing=True) == [
        ("message", wire.message(job(), LINK)),
        ("link", LINK),
    ]


def test_an_update_posts_the_message_to_the_post() -> None:
    item = wire.request(intent("update"), PAGE, LINK)
    assert (item["method"], item["relative_url"]) == ("POST", "1_2")
    assert parse_qsl(item["body"], strict_parsing=True) == [("message", wire.message(job(), LINK))]


def test_a_withdrawal_deletes_the_post() -> None:
    assert wire.request(intent("withdraw"), PAGE, LINK) == {"method": "DELETE", "relative_url": "1_2"}


@pytest.mark.shared
def test_our_batch_is_written_like_the_one_of_the_official_sdk(shared: Path) -> None:
    file = shared / "data" / "meta_graph" / "sdk_26.0.3_wire_recording.json"
    recorded = [
        call for call in json.loads(file.read_text("utf-8")) if dict(call.get("form") or []).get("batch")
    ]
    assert recorded
    theirs = [item for call in recorded for item in json.loads(dict(call["form"])["batch"])]
    ours = [wire.request(intent(operation), PAGE, LINK) for operation in OPERATIONS]
    by_method = {item["method"]: item for item in theirs}
    for item in json.loads(words.form(ours)["batch"]):
        like = by_method.get(item["method"])
        if like is None:
            continue
        assert set(item) <= {*like, "body"}
        assert all(isinstance(value, str) for value in item.values())
        for body in (item.get("body"), like.get("body")):
            assert body is None or parse_qsl(body, strict_parsing=True)
    creations = [
        i for i in theirs if i["method"] == "POST" and i["relative_url"].rstrip("/").endswith("/feed")
    ]
    assert creations
    for creation in creations:
        assert set(creation) - {"name", "omit_response_on_success"} == {"method", "relative_url", "body"}


def test_a_form_holds_the_batch_as_json_and_no_credentials() -> None:
    form = words.form([wire.request(intent("create"), PAGE, LINK)])
    assert set(form) == {"batch", "include_headers"}
    assert len(json.loads(form["batch"])) == 1


# Messages


def marker_in(text: str) -> str | None:
    found = wire.MARKER.search(text)
    return found.group(2) if found else None


def test_a_post_says_title_facts_excerpt_and_where_to_go_on() -> None:
    lines = wire.message(job(), LINK).split("\n")
    assert lines[0] == "Boulanger, boulangère"
    assert lines[1].startswith("CDI · Lyon 1er Arrondissement (69) · ")
    assert lines[3] == "Vous façonnez et cuisez le pain d’une boutique du centre."
    assert lines[-1] == f"Voir l’offre et postuler, sans compte : {LINK}"
    assert f"sans compte : {LINK}" in wire.message(training(), LINK)


other_markers = st.builds(
    "https://portail.example/offres/{0}?e={0}-{1}".format, st.text("0123456789ab", min_size=1), st.just("1")
)
hostile = st.one_of(
    st.text(),
    other_markers,
    st.sampled_from(
        ["{{ link }}", "{% for x in y %}", "<script>alert(1)</script>", "<b>gras</b>", "&lt;b&gt;"]
    ),
)


@given(hostile.filter(bool), hostile)
@example(LINK, f"<p>{LINK}</p>")
@example("a", "https://portail.example/offres/zz?e=zz-1")
def test_the_marker_is_found_again_whatever_title_and_description_say(title: str, description: str) -> None:
    text = wire.message(job(title=title, description=sanitise(description) or "<p>x</p>"), LINK)
    assert text.rstrip().endswith(LINK)
    assert marker_in(text) == MARKER
    assert marker_in(text + "\n") == MARKER


@given(st.integers(0, 2**63), st.text("0123456789abcdefghjkmnpqrstvwxyz", min_size=12, max_size=12))
def test_any_subject_and_lease_are_found_again(lease: int, subject: str) -> None:
    marker = marker_of(subject, lease)
    text = wire.message(job(), f"http://127.0.0.1:4480/offres/{subject}?e={marker}")
    assert marker_in(text) == marker


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Bonjour",
        f"{LINK} et la suite",
        f"https://portail.example/offres/{SUBJECT}?e=ffffffffffff-2f",
        f"https://portail.example/offres/{SUBJECT}",
        f"https://portail.example/offres/{SUBJECT}?e={SUBJECT}-XYZ",
    ],
)
def test_what_does_not_end_with_our_link_has_no_marker(text: str) -> None:
    assert marker_in(text) is None


def test_a_post_is_plain_text() -> None:
    offer = job(
        description=sanitise("<h3>Missions</h3><ul><li>Pétrir &amp; cuire</li></ul><p><b>Vite</b></p>")
    )
    text = wire.message(offer, LINK)
    assert "Missions - Pétrir & cuire Vite" in text
    assert "<" not in text
    assert "&amp;" not in text


@given(st.text(min_size=3, max_size=200), st.text(max_size=3_000))
@example("x" * 200, "mot " * 5_000)
@example("x" * 200, "x" * 20_000)
def test_a_post_is_of_a_length_that_is_read(title: str, description: str) -> None:
    text = wire.message(job(title=title, description=sanitise(description) or "<p>x</p>"), LINK)
    assert len(text) <= LONGEST
