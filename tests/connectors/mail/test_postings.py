"""Letters about postings: their words, and to whom they go."""

from __future__ import annotations

import re

import msgspec
import pytest
from pydantic import SecretStr

from connectors.mail.postings import PostingLetters
from connectors.mail.wire import Letter, as_html
from connectors.settings import Settings
from connectors.writing import Moot
from schemas.letters import PostingAddressee as Addressee
from schemas.letters import PostingKind as Kind
from schemas.letters import PostingLetter

TO = Addressee("contact@fournil.example", "P-abc", "0123456789ab", "Boulanger « du soir »", "Pas de numéro.")
KINDS: list[Kind] = ["confirm", "approved", "refused"]


def written(kind: Kind = "confirm", to: Addressee | None = TO) -> Letter | Moot:
    chosen = Settings(portal_url="https://portail.example", portal_secret=SecretStr("s" * 40))
    asked: list[PostingLetter] = []

    def addressed(message: PostingLetter) -> Addressee | None:
        asked.append(message)
        return to

    message = PostingLetter(kind, 1, 1)
    told = PostingLetters(chosen, addressed)(msgspec.json.encode(message))
    assert asked == [message]
    return told


def letter(kind: Kind = "confirm", to: Addressee = TO) -> Letter:
    told = written(kind, to)
    assert isinstance(told, Letter)
    return told


def test_an_effect_says_what_it_is_about_and_nothing_of_a_person() -> None:
    content = msgspec.json.decode(msgspec.json.encode(PostingLetter("confirm", 1, 2)))
    assert content == {"about": "posting", "kind": "confirm", "posting": 1, "revision": 2}


@pytest.mark.parametrize("kind", KINDS)
def test_every_letter_has_a_subject_a_link_and_french_spaces(kind: Kind) -> None:
    told = letter(kind)
    text = told.text.replace(TO.title, "x")
    assert told.to == TO.address
    assert "Boulanger" in told.subject
    assert "\n" not in told.subject
    assert re.search(r"^https://portail\.example/deposer/\S+$", text, re.MULTILINE)
    assert not re.search("[^\u00a0\u202f] ?[»]|«[^\u00a0]|[^\u00a0\\w/]:(?!//)", text)
    assert ("Pas de numéro." in text) is (kind == "refused")
    assert text.endswith("Boostez votre Région, Auvergne-Rhône-Alpes\nRéférence\u00a0: P-abc\n")


@pytest.mark.parametrize(
    ("kind", "path"), [("confirm", "confirmer"), ("approved", "suivi"), ("refused", "suivi")]
)
def test_its_link_confirms_or_manages(kind: Kind, path: str) -> None:
    assert f"https://portail.example/deposer/{path}/" in letter(kind).text


def test_nobody_to_write_to_is_no_failure() -> None:
    told = written(to=None)
    assert isinstance(told, Moot)
    assert told.cause == "moot"


@pytest.mark.parametrize("title", ["<script>alert(1)</script>", "é" * 300, "{{ 7*7 }}"])
def test_what_a_firm_wrote_stays_words(title: str) -> None:
    told = letter(to=Addressee("contact@fournil.example", "P-abc", "0123456789ab", title, None))
    assert title in told.subject
    assert "<script" not in as_html(told.subject, told.text)
