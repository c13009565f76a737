from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.france_travail import client
from schemas.errors import Rejected

SHARED = Path(__file__).parents[3].parent / "shared" / "data"

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=3)
    ),
    max_leaves=10,
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "offres.json"


def items(file: Path, content: bytes) -> list[bytes]:
    file.write_bytes(content)
    return list(client.read(file))


@pytest.mark.parametrize(
    "content",
    [
        b'[{"id": "A"},\n {"id":"B","x":"]}\\\\\\""}]',
        b'\xef\xbb\xbf[{"id": "A"},{"id":"B","x":"]}\\\\\\""}]\n',
        b'{"filtresPossibles":[{"a":[1]}],"resultats":[{"id": "A"},{"id":"B","x":"]}\\\\\\""}],"n":2}',
        b'{"id": "A"}\n\n{"id":"B","x":"]}\\\\\\""}\r\n',
    ],
    ids=["array", "array after a byte order mark", "search answer", "JSON lines"],
)
def test_the_bytes_of_each_item_are_kept_in_every_form(file: Path, content: bytes) -> None:
    assert items(file, content) == [b'{"id": "A"}', b'{"id":"B","x":"]}\\\\\\""}']


def test_objects_laid_out_over_several_lines_are_read(file: Path) -> None:
    assert items(file, b'{\n "id": "A"\n}\n{"id":"B"}') == [b'{\n "id": "A"\n}', b'{"id":"B"}']


@pytest.mark.parametrize("content", [b"[]", b'{"resultats": []}'])
def test_no_offers_is_no_error(file: Path, content: bytes) -> None:
    assert items(file, content) == []


@given(values=st.lists(VALUES, max_size=6), indent=st.sampled_from([0, 2]))
def test_any_array_comes_back_whole_whatever_the_chunks(
    tmp_path_factory: pytest.TempPathFactory, values: list[object], indent: int
) -> None:
    path = tmp_path_factory.mktemp("any") / "a.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(values), indent=indent))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "CHUNK", 3)
        assert [msgspec.json.decode(raw) for raw in client.read(path)] == values


def test_one_bad_item_is_given_as_text_and_the_others_go_on(file: Path) -> None:
    latin = '{"id":"é"}'.encode("latin-1")
    found = items(file, b'[{"id":tru},' + latin + b',{"id":"B"}]')
    assert [msgspec.json.decode(raw) for raw in found] == ['{"id":tru}', '{"id":"\ufffd"}', {"id": "B"}]


def test_one_bad_line_is_given_as_text_and_the_others_go_on(file: Path) -> None:
    found = items(file, b'{"id":"A"}\n{"id":\n{"id":"C"}\n')
    assert [msgspec.json.decode(raw) for raw in found] == [{"id": "A"}, '{"id":', {"id": "C"}]


def test_an_abyss_of_brackets_is_a_bad_item(file: Path) -> None:
    [raw] = items(file, b"[" + b"[" * 50_000 + b"]" * 50_000 + b"]")
    assert isinstance(msgspec.json.decode(raw), str)


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (b"", "empty (line 1, column 1)"),
        (b" \n", "empty (line 2, column 1)"),
        (b"<offres/>", "line 1, column 1"),
        ('[{"id":"A"}]'.encode("utf-16"), "line 1, column 1"),
        (b'[{"id":"A"},\n {"id":"B', "cut inside an item (line 2, column 2)"),
        (b'[{"id":"A"},', "is cut (line 1, column 13)"),
        (b'{"resultats":[{"id":"A"}]', "is cut"),
        (b'{\n "id": "A"', "cut inside its first object"),
        (b"[{} {}]", "line 1, column 5"),
        (b"[{},]", "a value was expected"),
        (b'[{}]\n["x"]', "something follows the end (line 2, column 1)"),
    ],
)
def test_a_file_of_another_form_is_rejected_with_the_place(file: Path, content: bytes, where: str) -> None:
    with pytest.raises(Rejected, match="not readable as France Travail offers: ") as refused:
        items(file, content)
    assert where in str(refused.value)


def test_memory_is_bounded_by_the_largest_item(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "ITEM_LIMIT", 100)
    monkeypatch.setattr(client, "CHUNK", 10)
    assert len(items(file, b'[{"id":"A"}' + b',{"id":"A"}' * 500 + b"]")) == 501
    with pytest.raises(Rejected, match="more than 100 bytes"):
        items(file, b'[{"id":"' + b"A" * 200 + b'"}]')
    with pytest.raises(Rejected, match="more than 100 bytes"):
        items(file, b'{"id":"A"}\n{"id":"' + b"A" * 200 + b'"}\n')


def survives(file: Path, content: bytes) -> None:
    try:
        found = items(file, content)
    except Rejected:
        return
    for raw in found:
        msgspec.json.decode(raw)


@given(st.binary(max_size=60))
def test_no_bytes_raise_anything_but_rejected(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    survives(tmp_path_factory.mktemp("bytes") / "a.json", content)


@given(
    content=st.text(alphabet='[]{}",:\\ \n1resultats', max_size=40),
    opening=st.sampled_from(["[", "{", '{"resultats":[']),
)
def test_no_brackets_raise_anything_but_rejected(
    tmp_path_factory: pytest.TempPathFactory, content: str, opening: str
) -> None:
    survives(tmp_path_factory.mktemp("brackets") / "a.json", (opening + content).encode())


@pytest.mark.shared
def test_real_feeds_of_other_formats_are_rejected() -> None:
    feeds = sorted(path for path in (SHARED / "job_feeds").glob("lba_*") if path.suffix != ".json")
    if not feeds:
        pytest.skip("../shared/data/job_feeds is not there")
    for feed in feeds:
        with pytest.raises(Rejected, match="not readable as France Travail offers"):
            list(client.read(feed))
