"""Weekly digests as people receive them: a real ledger, a real SMTP server, read back by email, html5lib and csv."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final

import html5lib
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from connectors.mail import digest_words
from connectors.mail.digest_words import REASONS, Told, digest_letter, form_of
from connectors.mail.wire import Letter
from connectors.region.cohorts import coaches
from connectors.region.database import Region
from connectors.region.dialogues import hosts
from connectors.region.digests import readers
from connectors.registry import objectives
from connectors.settings import Settings
from core.digests.facts import ContractorFacts, Facts, Refusal
from core.digests.rules import Reader
from core.digests.weeks import Slot, latest
from core.refusals import HEADER
from deployments.digest_examples import examples
from schemas.documents import Reason
from schemas.letters import ROLES, Role
from tests.makers import NOON
from tests.stakeholders import EIGHT, MONDAY, WEEK, Stakeholders, reviewed, stakeholders

EVIL: Final = "<script>alert(1)</script>&\"'{{ 7 * 7 }}{% endfor %}\r\nBcc: evil@example\u202e"
SLOT: Final = Slot(0, dt.time(7))
WRITTEN: Final = ("title", "place", "body", "dialogue", "firm", "cohort", "value")
"""What others wrote, of facts; names are a cohort's, and references a refused offer's."""


def told(role: Role, **changes: Any) -> Told:
    given_: dict[str, Any] = {
        "role": role,
        "reader": Reader("1", "Ada Martin", "ada@region.example"),
        "week": latest(SLOT, MONDAY),
        "at": MONDAY,
        "unsubscribe": "https://portail.example/lettres/x",
        "public_url": "https://portail.example",
        "contact": "aide@region.example",
        **changes,
    }
    return Told(**given_)


def facts_of(role: Role, word: str | None = None) -> Facts:
    """Example facts, with ``word`` wherever somebody else wrote something."""
    found = examples(latest(SLOT, MONDAY), objectives(Settings()))[role]
    return found if word is None else msgspec.convert(_said(msgspec.to_builtins(found), word), type(found))


def _said(value: Any, word: str) -> Any:
    if isinstance(value, list | tuple):
        return [_said(each, word) for each in value]
    if not isinstance(value, dict):
        return value
    written = {*WRITTEN, *(["name"] if "members" in value else []), *(["ref"] if "reasons" in value else [])}
    return {
        name: word if name in written and isinstance(each, str) else _said(each, word)
        for name, each in value.items()
    }


def page_words(letter: Letter) -> list[str]:
    """The words of its page as a browser shows them."""
    assert letter.html is not None
    document = html5lib.HTMLParser(strict=False).parse(letter.html)
    body = document.find(".//{*}main")
    return " ".join(body.itertext()).split()


# Form


def plain(words: list[str]) -> set[str]:
    """Words without their signs, but for the links of a letter, which a page has behind words."""
    return {each.strip(".,;:()-«»").casefold() for each in words if not each.startswith("http")} - {""}


@pytest.mark.parametrize("role", ROLES)
def test_text_and_page_say_the_same(role: Role) -> None:
    letter = digest_letter(told(role), facts_of(role))
    bars = re.compile("[█░]+")
    text = plain([*letter.subject.split(), *bars.sub("", letter.text).split()])
    page = plain(page_words(letter))
    assert text <= page
    assert page - text <= plain(list(_HEADS))


_HEADS: Final = ("Département", "Dialogue", "tenu", "Séance", "Groupe", "Cause", "Objectif", "Engagement", "Rapporté", "à", "Source", "offres", "entreprises")  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
def test_what_others_wrote_is_words_and_nothing_else(role: Role) -> None:
    letter = digest_letter(told(role, reader=Reader("1", EVIL, "ada@region.example")), facts_of(role, EVIL))
    assert letter.html is not None
    assert "<script" not in letter.html
    assert "&lt;script&gt;" in letter.html
    assert "49" not in re.findall(r"\{\{.*?\}\}|49 ", letter.text), "no template runs what it is given"
    assert "\u202e" not in letter.html + letter.text
    assert "\n" not in letter.subject
    assert not re.search(r"^Bcc:", letter.text, re.MULTILINE)
    html5lib.HTMLParser(strict=True).parse(letter.html)


@pytest.mark.parametrize("role", ROLES)
def test_a_page_asks_nobody_for_anything_and_is_read_without_pictures(role: Role) -> None:
    page = digest_letter(told(role), facts_of(role)).html
    assert page is not None
    assert not re.search(r"<img|<svg|<link|@import|url\(|src=|<script|<form", page)
    assert 'lang="fr"' in page
    assert "prefers-color-scheme: dark" in page


def test_french_breaks_no_line_before_its_signs() -> None:
    for role in ROLES:
        letter = digest_letter(told(role), facts_of(role))
        assert letter.html is not None
        words = re.sub(r"<style>.*</style>|<[^>]+>", "", letter.html, flags=re.DOTALL)
        assert not re.search(r" [:;?!%€»]|« ", letter.text + words), role


def test_the_words_of_each_role_are_approved_of_alone() -> None:
    assert len({form_of(role) for role in ROLES}) == len(ROLES)


def test_no_bar_is_full_before_all_is_reached() -> None:
    letter = digest_letter(told("direction"), facts_of("direction"))
    assert re.search(r"99\u202f%, .*\n  █{9}░\n", letter.text)
    assert "width:99%" in (letter.html or "")


# The contractor's file


REFUSALS = st.lists(
    st.builds(
        Refusal,
        st.uuids().map(str),
        st.lists(st.builds(Reason, st.just("/a"), st.sampled_from(["type", "enum"]), st.text(max_size=200), st.just("m")), min_size=1, max_size=5).map(tuple),
        st.just(NOON),
    ),
    min_size=1,
    max_size=60,
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=25)
@given(REFUSALS)
def test_every_refused_offer_is_in_the_file_with_every_reason_and_at_most_once_in_the_letter(
    refusals: list[Refusal],
) -> None:
    facts = ContractorFacts(9, NOON, tuple(refusals), (), MONDAY - WEEK)
    letter = digest_letter(told("contractor"), facts)
    (file,) = letter.attachments
    rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"), newline="")))
    assert [(row["ref"], row["rule"]) for row in rows] == [
        (each.ref, reason.rule) for each in refusals for reason in each.reasons
    ]
    assert all(letter.text.count(each.ref) <= 1 for each in refusals)
    shares = [float(each.replace(",", ".")) for each in re.findall(r"part ([0-9,]+)\u202f%", letter.text)]
    assert round(sum(shares), 1) == 100


def test_a_catalogue_that_is_refused_whole_is_a_letter_that_no_program_cuts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(digest_words, "LINES", 5_000)
    value = "é" * 199
    reasons = tuple(Reason(f"/job/{n}", "type", value, "It must be a string.") for n in range(3))
    facts = ContractorFacts(0, NOON, tuple(Refusal(f"C-{n}", reasons, NOON) for n in range(2_000)), (), NOON)
    letter = digest_letter(told("contractor"), facts)
    assert letter.html is not None
    assert len(letter.html.encode()) < 100_000
    assert len(re.findall(r"^- C-", letter.text, re.MULTILINE)) == REASONS // 3
    assert "premières erreurs" in letter.text
    (file,) = letter.attachments
    assert file.filename == "refus-2026-W49.csv.zip"
    assert len(file.content) < 300_000
    with zipfile.ZipFile(io.BytesIO(file.content)) as packed:
        content = packed.read("refus-2026-W49.csv")
    assert content.startswith(b"\xef\xbb\xbf" + ",".join(HEADER).encode())
    assert content.count(b"\r\n") == 1 + digest_words.LINES


def said_to_the_contractor(number: int, reasons: int = 1, before: tuple[dict[str, int], ...] = ()) -> str:
    every = tuple(Reason(f"/job/{n}", "type", "1", "It must be a string.") for n in range(reasons))
    refusals = tuple(Refusal(f"C-{n}", every, NOON) for n in range(number))
    facts = ContractorFacts(9, NOON, refusals, before, MONDAY - WEEK)
    return digest_letter(told("contractor"), facts).text.replace("\u00a0", " ").replace("\u202f", " ")


def test_sentences_hold_for_none_one_and_many() -> None:
    """Its words said « 1 autres », of nothing that its parts make 100 %, and of what was refused that it is on no channel, which its
    former version may be."""
    none = said_to_the_contractor(0, before=({"type": 3},))
    assert "vous n’avez rien à faire" in none
    assert "100 %" not in none
    assert "LES OFFRES REFUSÉES" not in none
    assert "Nouvelles depuis le 23 novembre 2026 : 1." in said_to_the_contractor(1)
    assert "aucun canal" not in said_to_the_contractor(1)
    assert "1 autre n’est que dans le fichier." in said_to_the_contractor(REASONS + 1)
    assert "2 autres ne sont que dans le fichier." in said_to_the_contractor(REASONS + 2)
    assert "Voici" not in said_to_the_contractor(2, REASONS + 1), "there is none that the letter has room for"


# Whether one is sent


@pytest.fixture
def people(region: Region) -> Iterator[Stakeholders]:
    with stakeholders(region) as made:
        made.approve()
        yield made


def file_of(message: EmailMessage) -> bytes:
    (part,) = message.iter_attachments()
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content


@pytest.mark.database
def test_each_role_has_its_own_letter_with_one_click_and_a_thread(people: Stakeholders) -> None:
    people.offers()
    people.official(departments=["69"])
    people.refuse("C-1")
    people.now = EIGHT
    people.run()
    received = {letter.to: letter for letter in people.room.take()}
    assert {to: letter.subject for to, letter in received.items()} == {
        "elue1@region.example": "Votre territoire et vos dialogues, lettre du 30 novembre 2026",
        "contractor@digests.example": "1 offre refusée, lettre du 30 novembre 2026",
        "press@digests.example": "Les chiffres à citer, lettre du 30 novembre 2026",
        "direction@digests.example": "Objectifs, dépense et qualité de service, lettre du 30 novembre 2026",
    }
    for letter in received.values():
        assert letter.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert letter.message["List-Unsubscribe"] == f"<{letter.links[-1]}>"
        assert letter.message["References"].startswith("<digest.")
        assert "Chiffres relevés le lundi 30 novembre 2026 à 8 h 02." in letter.text
    assert b"C-1,type,/job/salary/minimum" in file_of(received["contractor@digests.example"].message)


@pytest.mark.database
def test_between_plan_and_send_who_stopped_or_left_is_not_written_to(people: Stakeholders) -> None:
    people.offers()
    one, _, _ = (people.official(departments=["69"]) for _ in range(3))
    coach = people.coach()
    people.plan()
    readers.stop(people.region, "officials", str(one), people.now)
    hosts.end(people.region, hosts.Official, "elue2@region.example", people.now)
    coaches.end(people.region, "ines@coach.example", people.now)
    assert coach
    became = {receipt.effect: receipt for receipt in people.room.send()}
    assert sorted(each.cause for each in became.values() if each.cause) == ["consent", "moot", "moot"]
    assert [letter.to for letter in people.room.take() if "elue" in letter.to] == ["elue3@region.example"]


@pytest.mark.database
def test_a_relay_that_was_away_for_three_days_sends_nothing_old(people: Stakeholders) -> None:
    people.plan()
    people.now = MONDAY + dt.timedelta(days=3)
    assert {receipt.cause for receipt in people.room.send()} == {"moot"}
    assert people.room.take() == []


@pytest.mark.database
def test_a_file_with_a_mistake_keeps_digests_back_and_no_other_letter(
    people: Stakeholders, tmp_path: Path
) -> None:
    people.plan()
    people.room.programme.enrol(people.room.programme.session())
    wrong = reviewed(tmp_path, lambda text: text.replace("[press]", "[presse]"))
    with stakeholders(people.region, digests_file=wrong) as later:
        receipts = later.room.send()
        assert sorted(receipt.outcome for receipt in receipts) == ["done", "retry", "retry"]
        assert "presse" in str([receipt.error for receipt in receipts])


@pytest.mark.database
def test_who_is_taken_out_of_the_file_is_not_written_to(people: Stakeholders) -> None:
    people.plan()
    people.room.settings = people.settings
    with stakeholders(people.region, digests_file=Settings().digests_file) as later:
        receipts = later.room.send()
        assert {receipt.error for receipt in receipts} == {"its reader is none any more"}
        assert later.room.take() == []


@pytest.mark.database
def test_a_coach_without_a_week_and_an_official_where_nothing_moved_have_none(people: Stakeholders) -> None:
    people.official()
    people.coach()
    became = people.run()
    assert sorted(receipt.error or "" for receipt in became) == ["", "", *["it has nothing to say"] * 2]
    assert {letter.to for letter in people.room.take()} == {
        "contractor@digests.example",
        "direction@digests.example",
    }


@pytest.mark.database
def test_what_is_served_over_http_names_no_click(region: Region) -> None:
    with stakeholders(
        region, portal_url="http://127.0.0.1:4480", portal_secret=SecretStr("s" * 40)
    ) as people:
        people.approve()
        people.run()
        (letter, *_) = people.room.take()
        assert letter.message["List-Unsubscribe-Post"] is None
