"""Open data: the files that anybody may take, and the page that tells of them."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import html
import io
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from connectors.region.board import catalogue
from connectors.region.board.search import Listed
from connectors.region.database import Region
from connectors.settings import Settings
from core.csv_rows import guarded
from portal import dumps, open_data
from portal.app import create_app
from portal.columns import COLUMNS, NAMES, row, table_schema
from schemas.errors import Unreachable
from schemas.offer import Employer, Job, Location, Salary, Session, Training
from tests.hostile import SCRIPTS
from tests.makers import NOON, job, training
from tests.portal.conftest import Place

ROOT = Path(__file__).parents[2]
SITE = "https://offres.region.example"
CSV, PARQUET = "/donnees/offres.csv.gz", "/donnees/offres.parquet"
FORMULAS = ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "a;=1", "\t=1", "\uff1d1"]


def _csv(packed: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(gzip.decompress(packed).decode(), newline="")))


def _parquet(content: bytes) -> Any:
    return pq.read_table(io.BytesIO(content))


def _listed(number: int) -> Listed:
    return Listed(f"{number:012}", job(str(number)), NOON, NOON)


# What they hold


@pytest.mark.database
def test_both_files_hold_every_open_offer_and_no_closed_one(client: TestClient, place: Place) -> None:
    offers = {}
    full = job(
        "1",
        location=Location("15000", "Aurillac", "15014", "15", 44.93, 2.44, "partial"),
        job=Job("CDD", 6, 37.5, Salary("month", 1850.0, 2100.0), "none", 3, dt.date(2027, 2, 1)),
        expires_at=NOON,
    )
    sessions = (
        Session(dt.date(2027, 1, 4), dt.date(2027, 6, 30)),
        Session(dt.date(2027, 9, 1), dt.date(2028, 6, 30), 12),
    )
    for offer in (
        full,
        training(
            "2",
            training=Training(sessions, "RNCP38565", cpf_eligible=True, level=3, hours=1200, price_eur=0.0),
        ),
        job("3", employer=Employer(anonymous=True), published_at=None),
    ):
        offers[place(offer)] = offer
    place(job("4"), withdrawn_at=NOON)
    read = {line["key"]: line for line in _csv(client.get(CSV).content)}
    typed = {line["key"]: line for line in _parquet(client.get(PARQUET).content).to_pylist()}
    assert read.keys() == typed.keys() == offers.keys()
    for key, offer in offers.items():
        assert tuple(read[key]) == tuple(typed[key]) == NAMES
        expected = row(Listed(key, offer, offer.published_at, typed[key]["changed_at"]), SITE)
        assert list(typed[key].values()) == expected
    [first, second, third] = (read[key] for key in offers)
    assert first["url"] == f"{SITE}/offres/{first['key']}"
    assert first["description"] == "Vous façonnez et cuisez le pain d’une boutique du centre."
    assert (first["salary_minimum"], first["hours_per_week"], first["starts_on"]) == (
        "1850.0",
        "37.5",
        "2027-02-01",
    )
    assert first["expires_at"] == "2026-11-24T12:00:00Z"
    assert second["sessions"] == "2027-01-04/2027-06-30 2027-09-01/2028-06-30"
    assert (second["cpf_eligible"], second["price_eur"], second["contract"]) == ("true", "0.0", "")
    assert (third["employer_name"], third["employer_anonymous"], third["published_at"]) == ("", "true", "")


@pytest.mark.database
def test_parquet_is_typed(client: TestClient, place: Place) -> None:
    place(training("1"))
    schema = _parquet(client.get(PARQUET).content).schema
    assert schema.field("changed_at").type == pa.timestamp("us", tz="UTC")
    assert schema.field("starts_on").type == pa.date32()
    assert schema.field("latitude").type == pa.float64()
    assert schema.field("cpf_eligible").type == pa.bool_()
    assert schema.field("openings").type == pa.int32()
    assert not schema.field("key").nullable
    assert schema.field("title").metadata == {b"description": "Intitulé".encode()}


@pytest.mark.database
def test_no_spreadsheet_runs_a_cell_and_parquet_keeps_the_text(client: TestClient, place: Place) -> None:
    written = [*FORMULAS, *(script.replace("\x00", "\x01") for script in SCRIPTS)]
    titles = {place(job(str(number), title=bad, rome_label=bad)): bad for number, bad in enumerate(written)}
    lines = _csv(client.get(CSV).content)
    assert {line["key"]: line["title"] for line in lines} == {
        key: guarded(bad) for key, bad in titles.items()
    }
    table = _parquet(client.get(PARQUET).content).to_pylist()
    assert {line["key"]: line["title"] for line in table} == titles


@pytest.mark.database
def test_an_empty_board_gives_files_without_a_line(client: TestClient) -> None:
    assert gzip.decompress(client.get(CSV).content).decode() == ",".join(NAMES) + "\r\n"
    assert _parquet(client.get(PARQUET).content).num_rows == 0


@pytest.mark.database
def test_the_schema_tells_what_each_line_is(client: TestClient, place: Place) -> None:
    for number in range(3):
        place(job(f"J{number}", published_at=None))
        place(training(f"T{number}"))
    answer = client.get("/donnees/offres.schema.json")
    assert answer.headers["content-type"] == "application/json"
    schema = answer.json()
    assert schema == json.loads(json.dumps(table_schema(SITE)))
    assert schema["primaryKey"] == "key"
    readers: dict[str, Any] = {
        "string": str,
        "boolean": {"true": True, "false": False}.__getitem__,
        "integer": int,
        "number": float,
        "date": dt.date.fromisoformat,
        "datetime": lambda cell: dt.datetime.strptime(cell, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=dt.UTC),
    }
    for line in _csv(client.get(CSV).content):
        assert list(line) == [field["name"] for field in schema["fields"]]
        for field in schema["fields"]:
            cell, constraints = line[field["name"]], field.get("constraints", {})
            assert field["description"]
            if cell:
                readers[field["type"]](cell)
                assert cell in constraints.get("enum", [cell])
            else:
                assert not constraints.get("required")


# When they are written


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "dumps"


@pytest.mark.database
def test_files_are_written_anew_when_the_board_changed_and_ten_minutes_passed(
    region: Region, place: Place, home: Path
) -> None:
    def at(minutes: float) -> dumps.Dump:
        dump = dumps.fresh(region, home, SITE, NOON + dt.timedelta(minutes=minutes))
        assert dump is not None
        assert all((home / name).is_file() for name in dump.files.values())
        return dump

    key = place(job("1"))
    first = at(0)
    assert first.offers == 1
    assert at(60) == first  # nothing changed
    place(job("2"))
    assert at(9) == first  # too soon
    second = at(11)
    assert (second.offers, second.built_at) == (2, NOON + dt.timedelta(minutes=11))
    with region.begin() as connection:
        connection.execute(text("UPDATE board SET content = NULL, withdrawn_at = now(), changed_at = now()"))
        connection.execute(
            text("UPDATE board SET changed_at = changed_at - interval '1 day' WHERE key = :key"), {"key": key}
        )
    assert at(22).offers == 0
    with region.begin() as connection:  # a change that is older than the newest one counts too
        connection.execute(
            text("UPDATE board SET changed_at = changed_at - interval '1 s' WHERE key = :key"), {"key": key}
        )
    assert at(33).built_at == NOON + dt.timedelta(minutes=33)
    moved = dumps.fresh(region, home, "https://ailleurs.example", NOON + dt.timedelta(minutes=44))
    assert moved is not None
    assert moved.built_at == NOON + dt.timedelta(minutes=44)


@pytest.mark.database
def test_old_files_are_kept_for_one_turn_and_then_go(region: Region, place: Place, home: Path) -> None:
    names = []
    for turn in range(4):
        place(job(str(turn)))
        dump = dumps.fresh(region, home, SITE, NOON + dt.timedelta(hours=turn))
        assert dump is not None
        names.append(set(dump.files.values()))
    (home / ".new-offres-left.csv.gz").write_bytes(b"of one that died")
    place(job("last"))
    dump = dumps.fresh(region, home, SITE, NOON + dt.timedelta(hours=9))
    assert dump is not None
    assert {path.name for path in home.iterdir()} == {
        ".lock",
        "current.json",
        *names[-1],
        *dump.files.values(),
    }


@pytest.mark.database
def test_whoever_comes_while_another_writes_gets_what_is_there(
    region: Region, home: Path, place: Place
) -> None:
    place(job("1"))
    told: list[object] = []

    def slow() -> Iterator[Listed]:
        yield _listed(1)
        other = threading.Thread(
            target=lambda: told.append(dumps.fresh(region, home, SITE, NOON + dt.timedelta(hours=2)))
        )
        other.start()
        other.join()
        yield _listed(2)

    with dumps.alone(home) as held:
        assert held
        first = dumps.build(slow(), home, SITE, "s", NOON)
        assert told == [None]  # of the first nothing is seen before it is whole
        second = dumps.build(slow(), home, SITE, "t", NOON + dt.timedelta(hours=1))
    assert told == [None, first]
    assert dumps.current(home) == second
    assert [line["key"] for line in _csv((home / second.files[dumps.CSV]).read_bytes())] == [
        "000000000001",
        "000000000002",
    ]


def _fresh_in_a_process(url: str, home: Path, hours: int) -> dumps.Dump | None:
    region = Region(url)
    try:
        return dumps.fresh(region, home, SITE, NOON + dt.timedelta(hours=hours))
    finally:
        region.dispose()


@pytest.mark.database
def test_of_two_processes_one_writes_and_both_leave_whole_files(
    database_url: str, home: Path, place: Place
) -> None:
    for number in range(300):
        place(job(str(number)))
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        first = list(pool.map(_fresh_in_a_process, [database_url] * 4, [home] * 4, [0] * 4))
        place(job("one more"))
        second = list(pool.map(_fresh_in_a_process, [database_url] * 4, [home] * 4, [1] * 4))
    written = {dump.files[dumps.CSV] for dump in first if dump}
    assert len(written) == 1
    assert {dump.offers for dump in second if dump} <= {300, 301}
    last = dumps.current(home)
    assert last is not None
    assert last.offers == 301
    for dump in filter(None, [*first, *second]):
        lines = _csv((home / dump.files[dumps.CSV]).read_bytes())
        table = pq.read_table(home / dump.files[dumps.PARQUET])
        assert len(lines) == table.num_rows == dump.offers


MEASURE = """
import datetime as dt, random, resource, sys
from pathlib import Path
import pyarrow.parquet
from connectors.region.board.search import Listed
from portal import dumps, open_data
from tests.makers import NOON, job
words = [f"mot{number}" for number in range(5_000)]
seeded = random.Random(1)
def offers():
    for number in range(49_000):
        text = " ".join(seeded.choices(words, k=220))
        yield Listed(f"{number:012}", job(str(number), description=f"<p>{text}</p>"), NOON, NOON)
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before = peak()
dump = dumps.build(offers(), Path(sys.argv[1]), "https://x.example", "s", NOON)
print(dump.offers, (peak() - before) // 1024)
"""


@pytest.mark.slow
def test_the_whole_catalogue_is_written_in_bounded_memory(home: Path) -> None:
    home.mkdir()
    command = [sys.executable, "-c", MEASURE, str(home)]
    told = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    offers, megabytes = map(int, told.split())
    assert offers == 49_000
    assert megabytes < 150


def test_a_writer_that_breaks_off_changes_nothing(home: Path) -> None:
    home.mkdir()
    first = dumps.build([_listed(1)], home, SITE, "s", NOON)

    def breaking() -> Iterator[Listed]:
        yield _listed(2)
        raise Unreachable("The database went away.")

    with pytest.raises(Unreachable):
        dumps.build(breaking(), home, SITE, "t", NOON + dt.timedelta(hours=1))
    assert dumps.current(home) == first
    third = dumps.build([_listed(3)], home, SITE, "u", NOON + dt.timedelta(hours=2))
    assert not [path for path in home.iterdir() if path.name.startswith(".new-")]
    assert dumps.current(home) == third


@pytest.mark.parametrize("pointer", [b"", b"{", b'{"state":1}', None])
def test_a_damaged_pointer_or_a_missing_file_is_nothing(home: Path, pointer: bytes | None) -> None:
    home.mkdir()
    dump = dumps.build([_listed(1)], home, SITE, "s", NOON)
    if pointer is None:
        (home / dump.files[dumps.PARQUET]).unlink()
    else:
        (home / "current.json").write_bytes(pointer)
    assert dumps.current(home) is None


def test_while_the_database_is_away_the_last_files_are_given(home: Path) -> None:
    away = Region("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(Unreachable):
        dumps.fresh(away, home, SITE, NOON)
    home.mkdir(exist_ok=True)
    dump = dumps.build([_listed(1)], home, SITE, "s", NOON)
    assert dumps.fresh(away, home, SITE, NOON + dt.timedelta(hours=1)) == dump


def test_no_more_than_a_group_is_held(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dumps, "GROUP", 100)
    home.mkdir()
    dump = dumps.build((_listed(number) for number in range(950)), home, SITE, "s", NOON)
    file = pq.ParquetFile(home / dump.files[dumps.PARQUET])
    assert [file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)] == [
        100
    ] * 9 + [50]
    assert file.metadata.num_rows == dump.offers == 950
    assert file.schema_arrow.names == list(NAMES)


# How they are served


@pytest.mark.database
@pytest.mark.parametrize(
    ("path", "media_type"), [(CSV, "application/gzip"), (PARQUET, "application/vnd.apache.parquet")]
)
def test_a_file_is_served_whole_in_part_and_once(
    client: TestClient, place: Place, path: str, media_type: str
) -> None:
    for number in range(40):
        place(job(str(number)))
    whole = client.get(path)
    assert whole.status_code == 200
    assert whole.headers["content-type"] == media_type
    assert "content-encoding" not in whole.headers
    assert whole.headers["content-length"] == str(len(whole.content))
    assert whole.headers["content-disposition"] == f'attachment; filename="{path.rsplit("/", 1)[1]}"'
    assert whole.headers["cache-control"] == "public, max-age=600"
    assert whole.headers["access-control-allow-origin"] == "*"
    part = client.get(path, headers={"Range": "bytes=10-99"})
    assert part.status_code == 206
    assert part.headers["content-range"] == f"bytes 10-99/{len(whole.content)}"
    assert part.content == whole.content[10:100]
    rest = client.get(path, headers={"Range": "bytes=100-", "If-Range": whole.headers["etag"]})
    assert rest.content == whole.content[100:]
    changed = client.get(path, headers={"Range": "bytes=100-", "If-Range": '"other"'})
    assert (changed.status_code, changed.content) == (200, whole.content)
    assert client.get(path, headers={"Range": f"bytes={len(whole.content)}-"}).status_code == 416
    again = client.get(path, headers={"If-None-Match": whole.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.head(path).headers["content-length"] == str(len(whole.content))


@pytest.mark.database
def test_while_the_first_is_written_the_others_are_told_when_to_come(
    client: TestClient, chosen: Settings, place: Place
) -> None:
    place(job())
    with dumps.alone(chosen.home / "dumps") as held:
        assert held
        answer = client.get(CSV)
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "30"
    assert client.get(CSV).status_code == 200


@pytest.mark.database
def test_nobody_waits_long_and_the_writing_goes_on(
    region: Region, chosen: Settings, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place(job("1"))
    go, walk = threading.Event(), catalogue.offers

    def slow(region: Region) -> Iterator[Listed]:
        go.wait(60)
        yield from walk(region)

    monkeypatch.setattr(catalogue, "offers", slow)
    monkeypatch.setattr(open_data, "PATIENCE", 0.01)
    free = chosen.model_copy(update={"portal_rate_feeds": 0})
    with TestClient(create_app(region, free)) as client:
        assert client.get(CSV).status_code == 503
        assert client.get(PARQUET).status_code == 503
        go.set()
        monkeypatch.setattr(open_data, "PATIENCE", 60)
        while client.get(CSV).status_code == 503:  # until the writer that nobody waits for is done
            pass
        assert [line["title"] for line in _csv(client.get(CSV).content)] == ["Boulanger, boulangère"]


@pytest.mark.database
def test_nothing_but_the_files_is_served(client: TestClient, place: Place) -> None:
    place(job())
    client.get(CSV)
    for path in ("current.json", ".lock", "offres.csv", "..%2fsecrets", "offres-1.parquet"):
        assert client.get(f"/donnees/{path}").status_code == 404


@pytest.mark.database
def test_the_page_tells_files_licence_and_every_column(client: TestClient, place: Place) -> None:
    assert "faits à la première demande" in client.get("/donnees").text
    place(job())
    client.get(CSV)
    page = html.unescape(client.get("/donnees").text)
    assert "1\u00a0offre." in page
    assert "Licence Ouverte / Open Licence 2.0" in page
    for path in (CSV, PARQUET, "/donnees/offres.schema.json", "/api/v1/openapi.json", "/offres.atom"):
        assert f'href="{path}"' in page
        assert client.get(path).status_code == 200
    for column in COLUMNS:
        assert f"<code>{column.name}</code>" in page
        assert column.meaning in page


@pytest.mark.database
def test_files_that_cannot_be_written_are_a_mistake_of_ours(
    region: Region, chosen: Settings, place: Place
) -> None:
    place(job())
    (chosen.home / "dumps").write_text("a file where the folder should be")
    client = TestClient(create_app(region, chosen), raise_server_exceptions=False)
    assert client.get(CSV).status_code == 500
    assert catalogue.state(region)
