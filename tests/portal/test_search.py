"""The board as search.py reads it (connectors/region/board/search.py), where its only reader is tested."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import event

from connectors.region.board import search as board
from connectors.region.board.search import Cursor, Facets, Near, Query, one, search
from connectors.region.database import Region
from schemas.errors import Rejected
from schemas.offer import Job, Location, Salary
from tests.makers import NOON, job, training
from tests.portal.conftest import Place

pytestmark = pytest.mark.database


def _titles(region: Region, **query: object) -> list[str]:
    return [listed.offer.title for listed in search(region, Query(**query)).offers]  # type: ignore[arg-type]


def _bare(ref: str, title: str, description: str = "<p>Un poste.</p>") -> object:
    return job(ref, title=title, description=description, rome_code=None, rome_label=None)


@pytest.mark.parametrize(
    "typed",
    [
        "boulangère",
        "boulangere",
        "BOULANGÈRES",
        "boulangers",
        "boulanger",
        "les boulangers",
        "Boulanger/Boulangère",
    ],
)
def test_accents_plurals_case_and_gender_find_the_same_offer(
    region: Region, place: Place, typed: str
) -> None:
    place(_bare("1", "Boulanger du matin"))
    place(_bare("2", "Menuisier"))
    assert _titles(region, text=typed) == ["Boulanger du matin"]


@pytest.mark.parametrize(
    ("typed", "title"), [("vendeurs", "Vendeuse en boutique"), ("animatrice", "Animateurs de rue")]
)
def test_either_gender_finds_the_other(region: Region, place: Place, typed: str, title: str) -> None:
    place(_bare("1", title))
    assert _titles(region, text=typed) == [title]


def test_a_word_of_the_title_ranks_before_one_of_the_description(region: Region, place: Place) -> None:
    place(replace(_bare("1", "Serveur", "<p>Près de la menuiserie.</p>"), published_at=NOON))  # type: ignore[type-var]
    place(replace(_bare("2", "Menuiserie"), published_at=NOON - dt.timedelta(days=9)))  # type: ignore[type-var]
    assert _titles(region, text="menuiserie", sort="relevance") == ["Menuiserie", "Serveur"]
    assert _titles(region, text="menuiserie", sort="newest") == ["Serveur", "Menuiserie"]


def test_quotes_and_exclusions_are_understood(region: Region, place: Place) -> None:
    place(_bare("1", "Chef de chantier"))
    place(_bare("2", "Chantier du chef"))
    assert _titles(region, text="« chef de chantier »") == ["Chef de chantier"]
    assert _titles(region, text="chantier -chef") == []


@pytest.mark.parametrize("typed", ["de la", "  ", "les", "\x00", "!!", '"', "a & | !"])
def test_a_text_without_a_word_finds_everything(region: Region, place: Place, typed: str) -> None:
    place(job())
    assert search(region, Query(text=typed, sort="relevance", page=3)).total == 1


@pytest.mark.parametrize("typed", ["boulagner", "boulnger", "boulanger aurilac", "Boulangerr -vendeur"])
def test_a_text_that_finds_nothing_is_looked_for_with_one_letter_put_right(
    region: Region, place: Place, typed: str
) -> None:
    place(job("1", location=Location(city="Aurillac", department="15")))
    found = search(region, Query(text=typed, sort="relevance"))
    assert (found.total, found.corrected) == (1, True)
    assert found.query.text.lower().startswith("boulanger")
    assert ("-vendeur" in typed) == ("-vendeur" in found.query.text)


def test_what_is_near_nothing_stays_as_it_was_typed(region: Region, place: Place) -> None:
    place(job())
    found = search(region, Query(text="xylophone"))
    assert (found.total, found.corrected, found.query.text) == (0, False, "xylophone")


def test_around_a_place_the_nearest_come_first_and_none_is_further(region: Region, place: Place) -> None:
    """Aurillac; Arpajon is 3 km away, Saint-Flour 50, Lyon 240."""
    for ref, city, latitude, longitude in (
        ("1", "Lyon", 45.7491, 4.8479),
        ("2", "Saint-Flour", 45.0336, 3.0929),
        ("3", "Arpajon-sur-Cère", 44.9042, 2.4567),
        ("4", "Aurillac", 44.9285, 2.4433),
    ):
        place(
            replace(
                job(ref), title=city, location=Location(city=city, latitude=latitude, longitude=longitude)
            )
        )
    aurillac = Near("Aurillac (15)", 44.9285, 2.4433, 60.0)
    assert _titles(region, near=aurillac, sort="distance") == ["Aurillac", "Arpajon-sur-Cère", "Saint-Flour"]
    assert _titles(region, near=replace(aurillac, km=2.0), sort="distance") == ["Aurillac"]
    assert search(region, Query(near=replace(aurillac, km=5.0))).total == 2
    assert _titles(region, near=aurillac, text="arpajon", sort="distance") == ["Arpajon-sur-Cère"]


def test_every_filter_narrows_the_page_as_it_counts(region: Region, place: Place) -> None:
    """Whatever is asked together: the page holds as many offers as its total says, and as each count promised."""
    today = dt.datetime.now(dt.UTC)
    for number in range(24):
        place(
            job(
                f"J{number}",
                job=Job(
                    contract="CDI" if number % 2 else "CDD",
                    salary=Salary("month", 1900.0) if number % 3 else None,
                ),
                location=Location(department="15", remote=("none", "partial", "full")[number % 3]),
                rome_code="D1102" if number % 4 else "J1501",
                published_at=today - dt.timedelta(days=number),
            )
        )
        made = training(f"F{number}", published_at=today - dt.timedelta(days=3 * number))
        assert made.training is not None
        place(
            replace(made, training=replace(made.training, level=3 + number % 3, cpf_eligible=number % 2 == 0))
        )
    asked: list[dict[str, Any]] = [
        {},
        {"kind": "job", "paid": True},
        {"kind": "training", "cpf": True, "level": 4},
        {"field": "D", "since": 7},
        {"remote": "partial"},
        {"remote": "full", "contract": "CDI"},
        {"since": 1},
        {"since": 30, "kind": "training"},
        {"department": "15", "field": "J", "paid": True, "since": 30},
    ]
    for wanted in asked:
        found = search(region, Query(**wanted))
        assert len(_walk(region, **wanted)) == found.total > 0, wanted
        for name in Facets.__struct_fields__:
            for value, count in getattr(found.facets, name).items():
                if value and count:
                    assert search(region, Query(**(wanted | {name: value}))).total == count, (
                        wanted,
                        name,
                        value,
                    )
            assert found.facets.without(name) == search(region, Query(**(wanted | {name: None}))).total


def test_a_search_never_holds_two_connections(region: Region, place: Place) -> None:
    """Sixteen readers at once each held one and waited for a second: the pool had none left, for half a minute."""
    place(job("1"))
    held = most = 0

    def out(*_: object) -> None:
        nonlocal held, most
        held += 1
        most = max(most, held)

    def back(*_: object) -> None:
        nonlocal held
        held -= 1

    event.listen(region.engine, "checkout", out)
    event.listen(region.engine, "checkin", back)
    assert search(region, Query(text="boulagner", sort="relevance")).corrected
    assert (held, most) == (0, 1)


def test_counts_are_of_the_board_as_it_is_now(region: Region, place: Place) -> None:
    place(job("1"))
    assert search(region, Query()).total == 1
    place(job("2"))
    assert search(region, Query()).total == 2
    place(job("3"), withdrawn_at=NOON)
    assert search(region, Query()).total == 2


def test_filters_narrow_and_counts_ignore_their_own_filter(region: Region, place: Place) -> None:
    place(job("1"))
    place(job("2", job=Job(contract="CDD")))
    place(
        job(
            "3",
            job=Job(contract="CDD"),
            location=Location(city="Aurillac", department="15", remote="partial"),
        )
    )
    place(job("4", location=Location(remote="full")))
    place(training("5"))
    found = search(region, Query(kind="job", contract="CDD"))
    assert found.total == 2
    assert found.matched == 5
    assert found.facets.contract == {"CDI": 2, "CDD": 2}
    assert found.facets.department == {"69": 1, "15": 1}
    assert found.facets.kind == {"job": 2}
    assert search(region, Query(department="15")).total == 1
    assert search(region, Query(remote="partial")).total == 2
    assert search(region, Query(remote="full")).total == 1
    assert search(region, Query(department="15", text="boulangers", remote="partial")).total == 1


def _walk(region: Region, **query: object) -> list[str]:
    """All keys, page after page, as a reader follows the links: the cursor goes through its text."""
    keys: list[str] = []
    after: Cursor | None = None
    while True:
        found = search(region, Query(after=after, **query))  # type: ignore[arg-type]
        keys += [listed.key for listed in found.offers]
        if found.next_after is None:
            return keys
        after = Cursor.read(str(found.next_after))


@pytest.mark.parametrize("text", ["", "boulanger"])
def test_pages_by_date_have_no_gap_and_no_double(region: Region, place: Place, text: str) -> None:
    dates = [None, NOON, NOON - dt.timedelta(microseconds=1), NOON - dt.timedelta(days=1)]
    placed = [place(job(str(number), published_at=dates[number % 4])) for number in range(87)]
    keys = _walk(region, text=text)
    assert sorted(keys) == sorted(placed)
    dated = [
        found.published_at for key in keys if (found := one(region, key)) and isinstance(found, board.Listed)
    ]
    assert all(b is None or (a is not None and a >= b) for a, b in pairwise(dated)), (
        "newest first, undated last"
    )


def test_a_new_offer_does_not_disturb_a_reader_between_pages(region: Region, place: Place) -> None:
    for number in range(45):
        place(job(str(number)))
    first = search(region, Query())
    place(job("new", published_at=NOON))
    second = search(region, Query(after=first.next_after))
    assert not {listed.key for listed in first.offers} & {listed.key for listed in second.offers}
    assert len(second.offers) == 20


def test_pages_by_relevance_hold_each_offer_once_and_end(region: Region, place: Place) -> None:
    for number in range(45):
        place(job(str(number)))
    pages = [search(region, Query(text="boulanger", sort="relevance", page=page)) for page in (1, 2, 3)]
    assert [page.next_page for page in pages] == [2, 3, None]
    assert len({listed.key for page in pages for listed in page.offers}) == 45


@given(st.datetimes(timezones=st.just(dt.UTC)) | st.none())
@example(dt.datetime(1900, 1, 1, tzinfo=dt.UTC))
@example(dt.datetime(2999, 12, 31, tzinfo=dt.UTC))
def test_a_cursor_of_any_day_is_read_as_it_was_written(at: dt.datetime | None) -> None:
    """Sources date offers 1900 or 2999: behind the last of a page so dated came the first page again, for ever."""
    assert Cursor.read(str(Cursor(at, "abc"))) == Cursor(at, "abc")


@pytest.mark.parametrize(
    "written",
    [
        "",
        "x",
        "12",
        "-",
        "9" * 30 + "-abc",
        "9" * 18 + "-abc",
        "-" + "9" * 18 + "-abc",
        "--abc",
        "1-ABC",
        "1-a\n",
        "\u0661-a",
        "1-a'; --",
    ],
)
def test_a_cursor_that_was_never_written_is_rejected(written: str) -> None:
    with pytest.raises(Rejected):
        Cursor.read(written)


def test_one_offer_is_listed_withdrawn_or_absent(region: Region, place: Place) -> None:
    key, gone = place(job("1")), place(job("2"), withdrawn_at=NOON)
    assert one(region, key) == board.Listed(key, job("1"), job("1").published_at, one(region, key).changed_at)  # type: ignore[union-attr]
    assert one(region, gone) == board.Withdrawn(gone, "job", NOON)
    assert one(region, "nothing") is None
    assert one(region, "\x00") is None
    assert search(region, Query()).total == 1
