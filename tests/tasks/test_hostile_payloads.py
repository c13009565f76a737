"""Payloads made to break their reader: each is refused with a reason or becomes a harmless offer; none stops the others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.region.offers import quarantine
from connectors.registry import source as source_of
from core.verdicts import Accepted, judge
from schemas.offer import decode, encode
from tests.connectors.france_travail.test_wire import OFFER
from tests.connectors.lheo.catalogue import payloads, xml
from tests.examples import scaled
from tests.makers import contractor_job
from tests.worlds import Hub

HOLE = "b1f2-hole"
# Tokens, as they stand in a file: some are no JSON at all.
TOKENS = [
    "NaN", "Infinity", "-Infinity", "1e400", "-1e308", "1e308", "-0.0", "9" * 300, "-" + "9" * 4000, "9" * 5000,
    "18446744073709551616", "0.1e-400", '"\\u0000"', '"a\\u0000b"', '"\\ud800"', '"\\udfff\\ud800"', '"\x01"', "true",
    "null", "[]", "{}", '""', '" "', '"\\u202e\\u2066txt"', '"\\ufffe"', '"<script>"', '"https://a\\u0000.example"',
    '"2026-99-99T99:99:99Z"', '"0000-00-00"', '"9999-12-31T23:59:60+99:99"', "[" * 63 + "]" * 63, "[" * 500 + "]" * 500,
    '{"a":1,"a":2}', '"' + "\\u200b" * 5000 + '"', '"' + "a" * 1_000_000 + '"', '"\\"', "'x'", "1,2", '"x":1',
]  # fmt: skip


def lheo(folder: Path) -> dict[str, Any]:
    [payload] = payloads(folder, xml())
    return dict(payload)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    return {
        "france_travail": OFFER,
        "contractor": contractor_job(),
        "lheo": lheo(tmp_path_factory.mktemp("lheo")),
    }


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value inside."""
    yield path
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from places(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, (*path, index))


def holed(value: Any, path: tuple[Any, ...]) -> Any:
    if not path:
        return HOLE
    copy = value.copy()
    copy[path[0]] = holed(value[path[0]], path[1:])
    return copy


def with_token(sample: Any, path: tuple[Any, ...], token: str) -> bytes:
    return json.dumps(holed(sample, path)).replace(json.dumps(HOLE), token).encode("utf-8", "surrogatepass")


def judged(name: str, raw: bytes) -> Accepted | None:
    """The offer, None when it is refused; every refusal has a rule and a sentence."""
    verdict = judge(source_of(name), raw)
    if isinstance(verdict, Accepted):
        return verdict
    assert verdict
    assert all(reason.rule and reason.message for reason in verdict)
    return None


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from texts(inner)


@pytest.mark.parametrize("name", ["france_travail", "contractor", "lheo"])
def test_the_sample_itself_is_accepted(samples: dict[str, Any], name: str) -> None:
    assert judged(name, msgspec.json.encode(samples[name])) is not None


@given(
    data=st.data(),
    name=st.sampled_from(["france_travail", "contractor", "lheo"]),
    token=st.sampled_from(TOKENS),
)
@settings(max_examples=scaled(600))
def test_whatever_stands_anywhere_is_judged_and_what_is_accepted_can_be_stored(
    samples: dict[str, Any], data: st.DataObject, name: str, token: str
) -> None:
    path = data.draw(st.sampled_from(sorted(places(samples[name]), key=str)))
    accepted = judged(name, with_token(samples[name], path, token))
    if accepted is not None:
        content = encode(accepted.canonical.offer)
        assert decode(content) == accepted.canonical.offer
        for text in texts(msgspec.json.decode(content)):
            assert "\x00" not in text
            text.encode("utf-8")


@given(raw=st.binary(max_size=300), name=st.sampled_from(["france_travail", "contractor", "lheo"]))
@example(raw=b"[" * 995 + b"]" * 995, name="contractor")
def test_no_bytes_raise(raw: bytes, name: str) -> None:
    judged(name, raw)


@pytest.mark.database
def test_a_file_of_hostile_items_is_read_to_its_end(hub: Hub, tmp_path: Path) -> None:
    """Every token that is a value, in the title of an offer of its own, and a good offer at the end."""
    file = tmp_path / "offres.json"
    whole = [token for token in TOKENS if token not in {'"\\"', "'x'", "1,2", '"x":1'}]
    items = [
        with_token({**OFFER, "id": f"H{number}"}, ("intitule",), token) for number, token in enumerate(whole)
    ]
    file.write_bytes(b"[" + b",".join([*items, msgspec.json.encode({**OFFER, "id": "GOOD"})]) + b"]")

    figures = hub.take_in("incremental", "france_travail", file)

    assert figures.collected == len(whole) + 1
    assert figures.new + figures.quarantined == figures.collected
    kept = quarantine.detained(hub.region, source="france_travail", limit=1000)
    assert len(kept) == figures.quarantined >= len(whole) - 8
    assert all(reason.message for payload in kept for reason in payload.reasons)
    assert not quarantine.detained(hub.region, ref="GOOD", limit=1)
