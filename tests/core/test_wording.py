from __future__ import annotations

import datetime as dt
import re
from typing import get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core import wording
from core.wording import (
    NBSP,
    THIN,
    clock,
    date,
    employer,
    excerpt,
    facts,
    full_date,
    moment,
    number,
    phone,
    place,
    salary,
    short_moment,
)
from schemas.offer import (
    Contract,
    Employer,
    Experience,
    Job,
    Kind,
    Location,
    Remote,
    Salary,
    Session,
    Training,
)
from tests.makers import job, training


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (7, "7"),
        (999, "999"),
        (1000, f"1{THIN}000"),
        (23000, f"23{THIN}000"),
        (1234567, f"1{THIN}234{THIN}567"),
        (11.88, "11,88"),
        (12.5, "12,50"),
        (1900.0, f"1{THIN}900"),
        (1234.56, f"1{THIN}234,56"),
        (11.999, "12"),
        (1999.999, f"2{THIN}000"),
        (0.004, "0"),
    ],
)
def test_a_number_is_written_as_in_french(value: float, text: str) -> None:
    assert number(value) == text


@given(st.integers(0, 10**12) | st.floats(0, 1e9))
@example(11.999)
@example(0.001)
def test_a_number_is_read_back_to_the_cent(value: float) -> None:
    text = number(value)
    assert re.fullmatch(rf"\d{{1,3}}({THIN}\d{{3}})*(,\d\d)?", text)
    assert not text.endswith(",00")
    assert float(text.replace(THIN, "").replace(",", ".")) == pytest.approx(value, abs=0.0051)


@pytest.mark.parametrize(
    ("pay", "text"),
    [
        (Salary("month", 1850, 2100), f"1{THIN}850 à 2{THIN}100{NBSP}€ brut par mois"),
        (Salary("hour", 11.88), f"11,88{NBSP}€ brut par heure"),
        (Salary("year", 28000, 28000), f"28{THIN}000{NBSP}€ brut par an"),
        (Salary("month", 0, 2100), f"0 à 2{THIN}100{NBSP}€ brut par mois"),
    ],
)
def test_a_salary_is_one_amount_or_a_range(pay: Salary, text: str) -> None:
    assert salary(pay) == text


@given(st.floats(0, 1e6), st.none() | st.floats(0, 1e6))
@example(12.001, 12.002)
def test_a_salary_never_goes_from_an_amount_to_the_same(minimum: float, maximum: float | None) -> None:
    amounts = salary(Salary("hour", minimum, maximum)).partition(NBSP)[0].split(" à ")
    assert len(amounts) == len(set(amounts))


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (dt.date(2027, 2, 1), f"1er{NBSP}février 2027"),
        (dt.date(2026, 8, 15), f"15{NBSP}août 2026"),
        (dt.date(2026, 12, 31), f"31{NBSP}décembre 2026"),
        (dt.date(2027, 1, 11), f"11{NBSP}janvier 2027"),
    ],
)
def test_a_date_is_written_out(day: dt.date, text: str) -> None:
    assert date(day) == text


@given(st.dates())
def test_only_the_first_of_a_month_is_an_ordinal(day: dt.date) -> None:
    first, month, year = re.split(r"[ \u00a0]", date(day))
    assert int(first.removesuffix("er")) == day.day
    assert first.endswith("er") is (day.day == 1)
    assert month.islower()
    assert int(year) == day.year


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (dt.time(18, 30), f"18{NBSP}h{NBSP}30"),
        (dt.time(9), f"9{NBSP}h"),
        (dt.time(0, 5), f"0{NBSP}h{NBSP}05"),
    ],
)
def test_a_time_is_written_with_an_h(time: dt.time, text: str) -> None:
    assert clock(time) == text


@pytest.mark.parametrize(
    ("wall", "long", "short"),
    [
        ("2026-12-08T18:30", "mardi 8 décembre 2026 à 18 h 30", "mar. 8/12 à 18h30"),
        ("2027-02-01T09:00", "lundi 1er février 2027 à 9 h", "lun. 1/2 à 9h"),
        ("2026-08-16T00:00", "dimanche 16 août 2026 à 0 h", "dim. 16/8 à 0h"),
    ],
)
def test_a_moment_is_told_with_its_day(wall: str, long: str, short: str) -> None:
    moment_ = dt.datetime.fromisoformat(wall)
    assert moment(moment_).replace(NBSP, " ") == long
    assert short_moment(moment_) == short


def test_clocks_of_another_zone_are_named() -> None:
    wall = dt.datetime.fromisoformat("2026-12-08T18:30")
    assert moment(wall, "Indian/Reunion").endswith(" (fuseau horaire Indian/Reunion)")
    assert short_moment(wall, "Indian/Reunion").endswith(" (Indian/Reunion)")


@given(st.dates())
def test_a_full_date_names_the_day_of_the_week(day: dt.date) -> None:
    name, rest = full_date(day).split(" ", 1)
    week = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"]
    assert week.index(name) == day.weekday()
    assert rest == date(day)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("+33612345678", f"06{NBSP}12{NBSP}34{NBSP}56{NBSP}78"),
        ("+41446681800", "+41446681800"),
        ("+336", "+336"),
        ("", ""),
    ],
)
def test_a_french_number_is_written_in_pairs(number: str, text: str) -> None:
    assert phone(number) == text


@pytest.mark.parametrize(
    ("location", "text"),
    [
        (Location(city="Aurillac", department="15", postal_code="15000"), "Aurillac (15)"),
        (Location(city="Aurillac"), "Aurillac"),
        (Location(postal_code="15000", department="15"), "15000 (15)"),
        (Location(), ""),
        (Location(department="15"), ""),
    ],
)
def test_a_place_says_what_is_known(location: Location, text: str) -> None:
    assert place(location) == text


def test_an_anonymous_employer_is_called_so() -> None:
    assert employer(job(employer=Employer(anonymous=True))) == "Employeur anonyme"
    assert employer(job(employer=Employer(name="Fournil"))) == "Fournil"
    assert employer(job(employer=Employer())) == ""


def test_every_code_has_a_label() -> None:
    assert set(wording.KINDS) == set(get_args(Kind))
    assert set(wording.CONTRACTS) == set(get_args(Contract))
    assert set(wording.REMOTES) == set(get_args(Remote))
    assert set(wording.EXPERIENCES) == set(get_args(Experience))


def test_labels_have_typographic_apostrophes() -> None:
    for labels in (wording.KINDS, wording.CONTRACTS, wording.REMOTES, wording.EXPERIENCES):
        assert not any("'" in label for label in labels.values())


def test_the_facts_of_a_job_are_contract_place_pay_and_employer() -> None:
    assert facts(job(job=Job("CDI", salary=Salary("month", 1900)))) == [
        "CDI",
        "Lyon 1er Arrondissement (69)",
        f"1{THIN}900{NBSP}€ brut par mois",
        "Fournil des Pentes",
    ]


def test_the_facts_of_a_training_are_length_funding_and_start() -> None:
    sessions = (Session(dt.date(2027, 1, 4), dt.date(2027, 6, 30)),)
    offer = training(training=Training(sessions, hours=1420, cpf_eligible=True))
    assert facts(offer) == [
        "Formation",
        "Saint-Étienne (42)",
        f"1{THIN}420{NBSP}h",
        "éligible au CPF",
        f"à partir du 4{NBSP}janvier 2027",
        "Institut du Forez",
    ]


def test_what_is_not_known_is_no_fact() -> None:
    offer = training(training=Training(()), employer=Employer(), location=Location())
    assert facts(offer) == ["Formation"]


# Excerpts


@pytest.mark.parametrize(
    ("text", "limit", "cut"),
    [
        ("Un pain", 7, "Un pain"),
        ("Un pain frais", 12, "Un pain…"),
        ("Un pain frais", 8, "Un pain…"),
        ("Un pain, frais", 9, "Un pain…"),
        ("Un\n pain\t", 20, "Un pain"),
        ("", 5, ""),
    ],
)
def test_an_excerpt_is_cut_between_words(text: str, limit: int, cut: str) -> None:
    assert excerpt(text, limit) == cut


@given(st.text(), st.integers(1, 60))
@example("anticonstitutionnellement", 10)
@example("Un pain frais", 8)
@example("... ... ...", 5)
def test_an_excerpt_never_exceeds_its_limit(text: str, limit: int) -> None:
    assert len(excerpt(text, limit)) <= limit


@given(st.lists(st.text("abcdéà", min_size=1, max_size=8), min_size=1, max_size=20), st.integers(10, 60))
@example(["Un", "pain", "frais"], 10)
@example(["Boulanger", "frais"], 10)
@example(["aaa", "bbbb", "c"], 10)
@example(["aaa", "bbbbb", "c"], 10)
def test_an_excerpt_never_cuts_a_word(words: list[str], limit: int) -> None:
    cut = excerpt(" ".join(words), limit)
    kept = cut.removesuffix("…").split()
    assert kept == words[: len(kept)]
    assert cut.endswith("…") is (len(kept) < len(words))


@given(st.lists(st.text("abcdéà", min_size=1, max_size=8), min_size=1, max_size=20), st.integers(10, 60))
def test_an_excerpt_holds_all_the_words_that_fit(words: list[str], limit: int) -> None:
    cut = excerpt(" ".join(words), limit)
    kept = cut.removesuffix("…").split()
    if len(kept) < len(words):
        assert len(" ".join([*kept, words[len(kept)]])) + 1 > limit


def test_a_word_longer_than_the_limit_is_the_one_that_is_cut() -> None:
    assert excerpt("anticonstitutionnellement", 10) == "anticonst…"


def test_a_span_is_told_in_words_with_whose_clocks_they_are() -> None:
    starts = dt.datetime.fromisoformat("2026-12-08T18:30")
    assert (
        wording.span(starts, starts + dt.timedelta(minutes=90)).replace("\u00a0", " ")
        == "mardi 8 décembre 2026, de 18 h 30 à 20 h (heure de Paris)"
    )
    assert (
        wording.span(starts, starts + dt.timedelta(hours=7), "Indian/Reunion").replace("\u00a0", " ")
        == "du mardi 8 décembre 2026 à 18 h 30 au mercredi 9 décembre 2026 à 1 h 30 (fuseau horaire Indian/Reunion)"
    )


@pytest.mark.parametrize(
    ("part", "whole", "told"),
    [
        (0, 8000, "0 %"),
        (1, 8000, "moins de 1 %"),
        (80, 8000, "1 %"),
        (2960, 8000, "37 %"),
        (7999, 8000, "plus de 99 %"),
        (8000, 8000, "100 %"),
        (12000, 8000, "150 %"),
    ],
)
def test_a_share_is_never_told_as_none_or_all_when_it_is_not(part: int, whole: int, told: str) -> None:
    assert wording.percent(part, whole).replace("\u202f", " ").replace("\u00a0", " ") == told


@pytest.mark.parametrize(
    ("minutes", "told"), [(0, "0 min"), (45, "45 min"), (60, "1 h"), (65, "1 h 05"), (60_090, "1 001 h 30")]
)
def test_a_duration_is_told_in_hours_and_minutes(minutes: int, told: str) -> None:
    assert wording.duration(minutes).replace("\u202f", " ").replace("\u00a0", " ") == told
