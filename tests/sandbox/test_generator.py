from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from stdnum.fr import siret

from sandbox.board import natural_malformation
from sandbox.generator import Kind, offer, reference
from sandbox.places import with_article

EPOCH = 1_795_000_000_000
SCHEMA = Path(__file__).parents[2] / "schemas" / "json" / "contractor.offer.v1.json"
KINDS: tuple[Kind, ...] = ("job", "training")


def _whole(kind: Kind, number: int, revision: int = 1, seed: int = 2017) -> dict[str, Any]:
    content = offer(seed, kind, number, revision, EPOCH)
    return {**content, "version": 1, "status": "open", "updated_at": "2026-11-24T00:00:00.000Z"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_generated_offer_fits_the_contract(kind: Kind) -> None:
    validator = jsonschema_rs.validator_for(json.loads(SCHEMA.read_text("utf-8")))
    for number in range(2_000):
        for error in validator.iter_errors(_whole(kind, number)):
            pytest.fail(f"{reference(kind, number)}: {error}")


@pytest.mark.parametrize("kind", KINDS)
def test_an_offer_depends_on_seed_number_and_revision_only(kind: Kind) -> None:
    assert _whole(kind, 7) == _whole(kind, 7)
    assert _whole(kind, 7) != _whole(kind, 8)
    assert _whole(kind, 7)["description"] != _whole(kind, 7, seed=2018)["description"]


@pytest.mark.parametrize("kind", KINDS)
def test_following_revisions_differ_in_title_description_and_money_and_keep_their_employer(
    kind: Kind,
) -> None:
    for number in range(200):
        for before, after in pairwise(_whole(kind, number, revision) for revision in range(1, 8)):
            assert before["title"] != after["title"]
            assert before["description"] != after["description"]
            money = "salary" if kind == "job" else "price_eur"
            assert before[kind][money] != after[kind][money]
            assert (before["employer"], before["location"]) == (after["employer"], after["location"])


def test_offers_are_as_varied_and_as_wrong_as_real_ones() -> None:
    jobs = [_whole("job", number) for number in range(5_000)]
    anonymous = [job for job in jobs if job["employer"].get("anonymous")]
    slips = [job for job in anonymous if job["employer"]["name"].replace("&", "&amp;") in job["description"]]
    hostile = [
        job
        for job in jobs
        if any(mark in job["description"] for mark in ("<script", "onerror", "javascript:"))
    ]
    assert 0.03 < len(anonymous) / len(jobs) < 0.05
    assert 0.35 < len(slips) / len(anonymous) < 0.65
    assert 3 <= len(hostile) <= 40
    assert all(400 <= len(job["description"]) <= 1_500 for job in jobs)
    assert all(siret.is_valid(job["employer"]["siret"]) for job in jobs if "siret" in job["employer"])
    assert {"LYON 3EME", "Lyon 03"} & {job["location"]["city"] for job in jobs}
    assert any("CEDEX" in job["location"]["city"] for job in jobs)
    assert any(job["location"]["city"].startswith(("St ", "ST ")) for job in jobs)


def test_one_offer_in_a_hundred_is_malformed() -> None:
    malformed = [natural_malformation(2017, kind, n) for kind in KINDS for n in range(23_000)]
    assert 0.008 < sum(how is not None for how in malformed) / len(malformed) < 0.012
    assert len(set(malformed)) == 21  # twenty ways, and None


@pytest.mark.parametrize(
    ("name", "there", "thence"),
    [
        ("Annecy", "à Annecy", "d'Annecy"),
        ("Le Puy-en-Velay", "au Puy-en-Velay", "du Puy-en-Velay"),
        ("Les Abrets", "aux Abrets", "des Abrets"),
        ("La Mure", "à La Mure", "de La Mure"),
    ],
)
def test_french_contracts_articles(name: str, there: str, thence: str) -> None:
    assert (with_article("à", name), with_article("de", name)) == (there, thence)
