"""Tables that spreadsheets export: bytes to numbered lines of cells."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.delimited import LARGEST, SEPARATORS, Unreadable, announced, records, text_of

FRENCH = "Société;Prénom\r\nCafé « Chez Zoé »;Léa\r\n"


def refused(raw: bytes) -> str:
    with pytest.raises(Unreadable) as error:
        text_of(raw)
    return error.value.rule


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_french_is_read_in_every_encoding_that_spreadsheets_write(encoding: str) -> None:
    assert text_of(FRENCH.encode(encoding)) == FRENCH


@given(st.text(st.characters(codec="cp1252", exclude_characters="\0Žˆ‰ƒ"), min_size=1).filter(str.strip))  # noqa: RUF001
def test_any_text_is_read_back_from_windows_1252_unless_it_is_utf_8_too(text: str) -> None:
    raw = text.encode("cp1252")
    try:
        expected = raw.decode("utf-8")
    except UnicodeDecodeError:
        expected = text
    assert text_of(raw) == expected


@pytest.mark.parametrize("word", ["café", "Hélène", "à", "forêt", "DUPRé"])
def test_the_encoding_of_an_old_mac_is_refused_and_not_read_as_another(word: str) -> None:
    """Excel for Mac wrote Mac OS Roman: « café » would have become « cafŽ », without a word."""
    assert refused(f"Nom;Prénom\n{word};é\n".encode("mac_roman")) == "file_encoding"


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        (b"", "file_empty"),
        (b" \r\n\t", "file_empty"),
        (b"PK\x03\x04 a workbook", "file_packed"),
        (b"\xd0\xcf\x11\xe0 an old one", "file_packed"),
        (b"%PDF-1.7", "file_packed"),
        (b"a\0b", "file_binary"),
        (b"\x81\x8d\x8f", "file_encoding"),
        (b"\xef\xbb\xbfcaf\xe9", "file_encoding"),
        (b"\xff\xfea", "file_encoding"),
        (b"a" * (LARGEST + 1), "file_large"),
    ],
)
def test_what_is_no_table_is_refused(raw: bytes, rule: str) -> None:
    assert refused(raw) == rule


cells = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from('";,\t\r\n'), max_size=8)


@given(st.lists(st.lists(cells, min_size=1, max_size=4), max_size=5), st.sampled_from(SEPARATORS))
def test_every_cell_is_read_back_and_lines_count_as_a_spreadsheet_counts(
    table: list[list[str]], separator: str
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator, quoting=csv.QUOTE_ALL).writerows(table)
    read = list(records(text.getvalue(), separator))
    assert [list(record.cells) for record in read] == table
    assert [record.line for record in read] == list(range(1, len(table) + 1))
    assert [record.blank for record in read] == [not any(cell.strip() for cell in row) for row in table]


@pytest.mark.parametrize(("text", "line"), [('a;b\nc;"d\ne;f\n', 2), ('a;b\n\n"c"d;e\n', 3)])
def test_a_quote_out_of_place_is_refused_with_the_line_where_it_opens(text: str, line: int) -> None:
    with pytest.raises(Unreadable) as error:
        list(records(text, ";"))
    assert (error.value.rule, error.value.line) == ("file_quotes", line)
    assert f"ligne {line}," in str(error.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("sep=;\r\na;b", (";", "a;b")),
        ('"sep=,"\na,b', (",", "a,b")),
        ("SEP=\t\ra\tb", ("\t", "a\tb")),
        ("sep=|\na|b", (None, "sep=|\na|b")),
        ("a;b", (None, "a;b")),
    ],
)
def test_the_separator_that_excel_is_told_is_taken(text: str, told: tuple[str | None, str]) -> None:
    assert announced(text) == told
