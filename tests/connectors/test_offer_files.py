"""A producer's file: its format, where things stand in it, and the files that nobody should send."""

from __future__ import annotations

import datetime as dt
import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.lheo import client as lheo
from connectors.offer_files import Format, opened, pasted
from connectors.registry import source
from core.checking import MOST_EXAMPLES, MOST_OFFERS, Report, Trouble, check
from core.verdicts import Accepted, judge
from tests.connectors.lheo.catalogue import ACTION, FORMATION, xml
from tests.core.test_json_places import pointers
from tests.makers import contractor_job

NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
INDEED = """<?xml version="1.0" encoding="utf-8"?>
<source>
<publisher>x</publisher>
<job>
<title><![CDATA[Boulanger, boulangère]]></title>
<referencenumber>A-1</referencenumber>
<url>https://fournil.example/postuler</url>
<company>Fournil des Pentes</company>
<city>Lyon</city>
<postalcode>69001</postalcode>
<date>2026-11-20</date>
<description><![CDATA[<p>Vous façonnez et cuisez le pain.</p>]]></description>
</job>
</source>
"""


def report(content: bytes | str, chosen: Format | None = None) -> Report:
    file = opened(content.encode() if isinstance(content, str) else content, chosen)
    return check(file.pieces, file.wire, file.format, NOW)


def only(told: Report) -> Trouble:
    [trouble] = told.troubles
    return trouble


def where(trouble: Trouble) -> tuple[int | None, int | None]:
    return trouble.examples[0].line, trouble.examples[0].column


# Formats


GOOD: dict[str, tuple[str, str]] = {
    "one offer": (json.dumps(contractor_job()), "json"),
    "an array": (json.dumps([contractor_job()], indent=2), "json"),
    "a page": (json.dumps({"next_cursor": None, "items": [contractor_job()], "total": 1, "snapshot_id": "s"}), "json"),
    "lines": (json.dumps(contractor_job()) + "\r\n", "json"),
    "LHEO": (xml(), "lheo"),
    "LHEO behind a comment": (xml().replace("<lheo", "<!-- <source> -->\n<lheo"), "lheo"),
    "LHEO 2.2": (xml(namespace="http://www.lheo.org/2.2"), "lheo"),
    "Indeed": (INDEED, "indeed"),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("before", ["", "\ufeff", "\n\n  "])
def test_a_format_is_told_by_its_content(name: str, before: str) -> None:
    text, expected = GOOD[name]
    told = report((before if not text.startswith("<?xml") else before.strip("\n ")) + text)
    assert (told.format, told.readable, told.publishable, told.offers.read) == (expected, True, True, 1)


def test_lines_of_json_are_judged_one_by_one() -> None:
    lines = [json.dumps(contractor_job(f"J-{n}")) for n in range(3)]
    told = report("\n".join([lines[0], '{"ref": "J-9", oops}', "", lines[1], lines[2]]))
    assert (told.offers.read, told.offers.published, told.offers.refused) == (4, 3, 1)
    assert where(only(told)) == (2, 16)


def test_one_offer_that_is_no_json_does_not_spoil_the_others() -> None:
    told = report(f'[{json.dumps(contractor_job())},\n{{"ref": "J-2", "x": NaN}}]')
    assert (told.readable, told.offers.published, told.offers.refused) == (True, 1, 1)
    assert where(only(told)) == (2, 21)


def test_a_pasted_file_is_utf_8_whatever_it_declares() -> None:
    text = INDEED.replace("utf-8", "ISO-8859-1")
    assert report(pasted(text)).publishable
    assert report(text.encode("latin-1")).publishable


def test_a_chosen_format_is_taken() -> None:
    told = report(INDEED, "lheo")
    assert (told.format, only(told).rule, only(told).examples[0].value) == ("lheo", "xml_root", "<source>")


# The verdict is the sync's


CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.sampled_from(["job", "training", "emploi"]),
        "status": st.sampled_from(["open", "closed"]),
        "title": st.text(max_size=5),
        "employer": st.sampled_from([{"name": "x", "siret": "73282932000079"}, {}, None]),
        "location": st.fixed_dictionaries({"postal_code": st.sampled_from(["69001", "38000", 1]), "city": st.sampled_from(["Lyon", "Paris"])}),
        "expires_at": st.sampled_from(["2020-01-01T00:00:00Z", "2037-02-30T00:00:00Z", "demain"]),
        "rome_code": st.sampled_from(["D1102", "D9999"]),
    },
)  # fmt: skip


@given(changes=st.lists(CHANGES, max_size=6), shape=st.sampled_from(["array", "lines", "page"]))
def test_an_offer_has_the_verdict_that_a_sync_gives_it(changes: list[Any], shape: str) -> None:
    offers = [contractor_job(f"J-{number}", **each) for number, each in enumerate(changes)]
    raws = [json.dumps(offer) for offer in offers]
    text = {
        "array": f"[{','.join(raws)}]",
        "lines": "\n".join(raws),
        "page": f'{{"items": [{", ".join(raws)}]}}',
    }[shape]
    verdicts = [judge(source("contractor"), raw.encode()) for raw in raws]
    told = report(text)
    assert told.readable is (bool(raws) or shape != "lines")
    assert told.offers.read == len(offers)
    assert told.offers.refused == sum(1 for verdict in verdicts if not isinstance(verdict, Accepted))
    assert told.errors >= sum(len(verdict) for verdict in verdicts if isinstance(verdict, tuple))
    kinds = {
        (reason.rule, reason.pointer)
        for verdict in verdicts
        if isinstance(verdict, tuple)
        for reason in verdict
    }
    assert {rule for rule, _ in kinds} <= {trouble.rule for trouble in told.troubles}


def test_of_one_reference_the_highest_version_counts_and_the_same_twice_is_one() -> None:
    old, new = contractor_job("J-1", version=1), contractor_job("J-1", version=2, title="Boulangère")
    told = report(json.dumps([old, new, new]))
    assert (told.offers.read, told.offers.published, told.offers.refused, told.offers.repeated) == (
        3,
        1,
        1,
        1,
    )
    assert only(told).rule == "duplicate_ref"


def test_what_is_closed_or_past_its_end_is_not_published_and_no_error() -> None:
    told = report(json.dumps([contractor_job("J-1", status="closed"),
                              contractor_job("J-2", expires_at="2026-11-23T00:00:00Z")]))  # fmt: skip
    assert (told.publishable, told.offers.closed, told.offers.published) == (True, 2, 0)


@pytest.mark.shared
def test_real_lheo_files_have_the_verdicts_of_the_sync(shared: Path) -> None:
    files = sorted((shared / "data" / "lheo" / "samples").glob("*.xml"))
    assert files
    for file in files:
        told = report(file.read_bytes())
        raws = list(lheo.read(file)) if told.readable else []
        verdicts = [judge(source("lheo"), raw) for raw in raws]
        assert told.offers.refused == sum(1 for verdict in verdicts if not isinstance(verdict, Accepted))
        assert told.offers.read == len(raws) > 0


@pytest.mark.shared
def test_real_feeds_of_others_are_told_what_they_are_not(shared: Path) -> None:
    files = [
        each
        for each in sorted((shared / "data" / "job_feeds").iterdir())
        if each.suffix in {".xml", ".json", ".csv"}
    ]
    assert files
    for file in files:
        told = report(file.read_bytes())
        assert not told.publishable
        assert told.troubles
        assert all(each.message and each.examples[0].line for each in told.troubles), file.name


# Where


def test_every_text_that_was_read_of_an_action_is_found_at_its_element() -> None:
    """Names and numbers of a pointer lead to the very element that the text came from."""
    formation = FORMATION.replace(
        "ACTIONS", ACTION + ACTION.replace("84_2", "84_3").replace("Grenoble", "Voiron")
    )
    text = xml(formation)
    lines = text.split("\n")
    seen = 0
    for piece in opened(text.encode()).pieces():
        leaves = [
            (way, value) for way, value in pointers(msgspec.json.decode(piece.raw)) if isinstance(value, str)
        ]
        for (_, value), place in zip(leaves, piece.places([way for way, _ in leaves]), strict=True):
            shown = value.split("\n")[0].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            assert shown in lines[place.line - 1], place
            seen += 1
    assert seen > 60


@pytest.mark.parametrize(
    ("wrong", "right", "field", "rule", "replacement"),
    [
        ("<debut>04/01/2027</debut>", "<debut>20270104</debut>", "formation/action/session/periode/debut", "pattern", "20270104"),
        ("<fin>20270103</fin>", "<fin>20270630</fin>", "formation/action/session/periode/fin", "sessions_order", None),
        ("<certifiante>oui</certifiante>", "<certifiante>1</certifiante>", "formation/certifiante", "enum", "1"),
        ("<SIRET>732 829 320 00074</SIRET>", "<SIRET>73282932000074</SIRET>",
         "formation/organisme-formation-responsable/SIRET-organisme-formation/SIRET", "pattern", "73282932000074"),
        ("<SIRET>73282932000075</SIRET>", "<SIRET>73282932000074</SIRET>",
         "formation/organisme-formation-responsable/SIRET-organisme-formation/SIRET", "siret_checksum", None),
        ("<ville>Aurillac</ville>\n      <code-INSEE-commune/>", "<ville>Grenoble</ville>\n      <code-INSEE-commune>38185</code-INSEE-commune>",
         "formation/action/lieu-de-formation/coordonnees/adresse/ville", "commune_unknown", None),
        ("<intitule-formation/>", "<intitule-formation> CAP boulanger </intitule-formation>", "formation", "required", None),
    ],
)  # fmt: skip
def test_an_error_in_lheo_is_told_in_its_words_at_its_line(
    wrong: str, right: str, field: str, rule: str, replacement: str | None
) -> None:
    assert right in xml()
    text = xml().replace(right, wrong, 1)
    trouble = only(report(text))
    assert (trouble.rule, trouble.field) == (rule, field)
    example = trouble.examples[0]
    assert example.replacement == (json.dumps(replacement) if replacement else None)
    if rule != "required":
        assert wrong.split("\n", maxsplit=1)[0] in text.split("\n")[(example.line or 0) - 1]


def test_an_error_in_indeed_is_told_in_its_words_at_its_line() -> None:
    told = report(INDEED.replace("2026-11-20", "20/11/2026").replace(">69001<", ">38000<"))
    assert [(each.rule, each.field, where(each)) for each in told.troubles] == [
        ("pattern", "job/date", (11, None))
    ]
    again = report(INDEED.replace(">69001<", ">38000<"))
    assert (only(again).rule, only(again).field, where(only(again))) == (
        "commune_unknown",
        "job/city",
        (9, None),
    )


def test_the_same_error_ten_times_is_told_once_with_its_first_places() -> None:
    offers = [contractor_job(f"J-{n}", job={"contract": f"CDI{n}"}) for n in range(400)]
    told = report("[" + ",\n".join(json.dumps(offer) for offer in offers) + "]")
    trouble = only(told)
    assert (trouble.count, told.errors, len(trouble.examples)) == (400, 400, MOST_EXAMPLES)
    assert [each.line for each in trouble.examples] == [1, 2, 3, 4, 5]
    assert [each.ref for each in trouble.examples] == [f"J-{n}" for n in range(5)]


# What nobody should send


def packed() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    return made.getvalue()


ACCENTED = '[\n{"title": "Boulangère à Saint-Étienne"}]'
UNREADABLE: dict[str, tuple[bytes, str, tuple[int | None, int | None]]] = {
    "nothing": (b"", "file_empty", (None, None)),
    "white space": (b" \r\n\t ", "file_empty", (None, None)),
    "a byte order mark": (b"\xef\xbb\xbf", "file_empty", (None, None)),
    "a zip, or Excel": (packed(), "file_packed", (None, None)),
    "old Excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "file_packed", (None, None)),
    "windows-1252": (ACCENTED.encode("cp1252"), "file_encoding", (2, 19)),
    "latin-1 XML that says nothing": (INDEED.replace(' encoding="utf-8"', "").encode("latin-1"), "file_encoding", (5, 35)),
    "UTF-16": (ACCENTED.encode("utf-16"), "file_utf16", (None, None)),
    "UTF-16 without its mark": (ACCENTED.encode("utf-16-le"), "file_nul", (1, 2)),
    "a null byte": (b'[{"ref": "a\0"}]', "file_nul", (1, 12)),
    "no JSON": (b"title;city\nBoulanger;Lyon\n", "json_value", (1, 1)),
    "an empty array": (b"[]", "file_nothing", (None, None)),
    "no job": (b"<source><publisher/></source>", "file_nothing", (None, None)),
    "cut JSON": (b'[\n{"ref": "a"},\n', "json_value", (3, 1)),
    "cut XML": (INDEED[:300].encode(), "xml_xml", (11, 2)),
    "another root": (b"<jobs><job/></jobs>", "xml_root", (1, 1)),
    "an entity of HTML": (INDEED.replace("Lyon", "Saint-&Eacute;tienne").encode(), "xml_entity", (9, 13)),
    "a document type": (b'<!DOCTYPE source [<!ENTITY x "y">]><source><job/></source>', "xml_doctype", (1, 1)),
}  # fmt: skip


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_cannot_be_read_says_why_where_and_what_to_do(name: str) -> None:
    content, rule, place = UNREADABLE[name]
    told = report(content)
    assert not told.publishable
    assert told.readable is (rule == "file_nothing")
    assert (told.troubles[0].rule, where(told.troubles[0])) == (rule, place)
    assert told.troubles[0].message
    if rule.startswith(("file_", "xml_")):
        assert told.troubles[0].examples[0].suggestion


def test_the_word_that_windows_wrote_is_shown() -> None:
    assert only(report(ACCENTED.encode("cp1252"))).examples[0].value == "Boulangère"


def test_a_fault_behind_offers_takes_them_all_and_their_errors_are_told() -> None:
    told = report(INDEED.replace("2026-11-20", "hier").replace("</source>", "<job><title>x</job>"))
    assert (told.readable, told.publishable, told.offers.read) == (False, False, 1)
    assert [each.rule for each in told.troubles] == ["xml_xml", "pattern"]


MB = 1 << 20
LOL = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
BOMBS: dict[str, Callable[[], str]] = {
    "5 MiB of [": lambda: "[" * 5 * MB,
    "5 MiB of objects in objects": lambda: '{"a":' * MB,
    "offers without number": lambda: f"[{','.join(['{}'] * 200_000)}]",
    "different offers without number": lambda: f"[{','.join(f'[{n}]' for n in range(300_000))}]",
    "an offer of a million mistakes": lambda: json.dumps(contractor_job(kind="training", training={"sessions": [0] * 900_000})),
    "an offer of too many": lambda: json.dumps(contractor_job(kind="training", training={"sessions": [0] * 1_700_000})),
    "many offers of many mistakes": lambda: json.dumps([contractor_job(f"J-{n}", training={"sessions": [n] * 900}) for n in range(1_000)]),
    "a huge line": lambda: json.dumps([contractor_job(description="x" * 4 * MB)]),
    "quotes": lambda: '"' * 5 * MB,
    "backslashes": lambda: '["' + "\\" * 5 * MB,
    "white space": lambda: "[" + " " * 5 * MB,
    "billion laughs": lambda: f'<!DOCTYPE source [<!ENTITY l0 "lol">{LOL}]><source><job>&l11;</job></source>',
    "jobs without number": lambda: f"<source>{'<job/>' * 800_000}</source>",
    "a job without end": lambda: f"<source><job>{'<x/>' * MB}",
    "depth": lambda: "<source>" + "<job>" * MB,
    "actions without number": lambda: xml(FORMATION.replace("ACTIONS", "<action/>" * 500_000)),
    "comments": lambda: "<!--" * MB,
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_little(name: str) -> None:
    content = BOMBS[name]().encode()[: 5 * MB + MB]
    began = time.thread_time()
    told = report(content)
    assert time.thread_time() - began < 20
    assert not told.publishable
    assert told.offers.read <= MOST_OFFERS
    assert len(told.troubles) <= 200


@pytest.mark.slow
def test_a_file_that_was_not_looked_at_to_its_end_is_not_called_publishable() -> None:
    """A program that trusts ``publishable`` sent a file whose last offers had never been checked."""
    offers = [contractor_job(f"J-{number}") for number in range(MOST_OFFERS)]
    assert report(json.dumps(offers)).publishable
    told = report(json.dumps([*offers, contractor_job("J-last", kind="boulanger")]))
    assert (told.cut, told.troubles, told.publishable) == (True, [], False)


@given(
    content=st.binary(max_size=200) | st.text(max_size=200).map(str.encode),
    chosen=st.sampled_from([None, "json", "lheo", "indeed"]),
)
def test_no_bytes_raise(content: bytes, chosen: Any) -> None:
    told = report(content, chosen)
    assert told.troubles or told.publishable


def mutilated() -> Iterator[bytes]:
    for text, _ in GOOD.values():
        raw = text.encode()
        yield from (raw[:cut] for cut in range(0, len(raw), max(1, len(raw) // 40)))


def test_a_file_cut_anywhere_has_a_report_with_a_place() -> None:
    for raw in mutilated():
        told = report(raw)
        assert told.troubles or told.publishable
        assert all(each.examples for each in told.troubles)
