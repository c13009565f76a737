"""Links and seals: each opens one thing, for a time, and only with this secret."""

from __future__ import annotations

import datetime as dt
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from connectors.seals import CONFIRM_WITHIN, Opener, Seals, _kept
from connectors.settings import Settings
from schemas.errors import Misconfigured
from tests.makers import NOON

HOUR = dt.timedelta(hours=1)


def seals(secret: str = "s" * 40) -> Seals:
    return Seals(Settings(portal_secret=SecretStr(secret), portal_url="https://portail.example"))


def test_a_seal_opens_for_its_purpose_with_its_secret_and_in_time() -> None:
    sealed = seals().seal("confirm", "P-1", NOON)
    assert seals().opened("confirm", sealed, NOON + 48 * HOUR, CONFIRM_WITHIN) == "P-1"
    assert seals().opened("confirm", sealed, NOON + 1000 * HOUR, None) == "P-1"
    assert (
        seals().opened("confirm", sealed, NOON + 48 * HOUR + dt.timedelta(seconds=1), CONFIRM_WITHIN) is None
    )
    assert seals().opened("confirm", sealed, NOON - HOUR, CONFIRM_WITHIN) is None
    assert seals().opened("manage", sealed, NOON, None) is None
    assert seals("t" * 40).opened("confirm", sealed, NOON, None) is None


def test_a_seal_says_when_it_was_made_to_who_has_the_secret() -> None:
    sealed = seals().seal("form", "nonce", NOON)
    assert seals().at("form", sealed) == NOON.replace(microsecond=0)
    assert seals().at("origin", sealed) is None
    assert seals("t" * 40).at("form", sealed) is None
    assert seals().at("form", sealed + "x" * 400) is None


@given(st.text(max_size=60), st.text(max_size=60))
def test_voters_are_told_apart_and_cannot_be_read_back_without_the_secret(one: str, other: str) -> None:
    assert (seals().voter(one) == seals().voter(other)) is (one == other)
    assert seals().voter(one) != seals("t" * 40).voter(one)
    assert len(seals().voter(one)) == 16


@given(st.text(max_size=400))
def test_nothing_else_opens(text: str) -> None:
    assert seals().opened("manage", text, NOON, None) is None


@given(st.integers(0, 200), st.sampled_from("abcXYZ019._-"))
def test_a_changed_seal_does_not_open(at: int, character: str) -> None:
    sealed = seals().seal("manage", "P-1", NOON)
    at %= len(sealed)
    changed = sealed[:at] + character + sealed[at + 1 :]
    opened = seals().opened("manage", changed, NOON, None)
    assert opened is None or changed == sealed or (at == len(sealed) - 1 and opened == "P-1")


def test_a_link_is_of_the_portal_and_short() -> None:
    link = seals().link("manage", "P-0123456789", NOON)
    assert link.startswith("https://portail.example/deposer/suivi/")
    assert len(link) < 160
    assert seals().link("confirm", "P-1", NOON).startswith("https://portail.example/deposer/confirmer/")


def test_an_origin_can_be_counted_for_a_day_and_not_be_read_back() -> None:
    one = seals().origin("192.0.2.7", NOON)
    assert one == seals().origin("192.0.2.7", NOON + 3 * HOUR)
    assert len({one, seals().origin("192.0.2.8", NOON), seals("t" * 40).origin("192.0.2.7", NOON)}) == 3
    assert one != seals().origin("192.0.2.7", NOON + 24 * HOUR)
    assert b"192" not in one


def test_the_secret_is_made_once_and_its_owners_alone(tmp_path: Path) -> None:
    chosen = Settings(home=tmp_path / "home")
    sealed = Seals(chosen).seal("manage", "P-1", NOON)
    file = tmp_path / "home" / "portal.secret"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(file.read_text()) >= 40
    assert [each.name for each in file.parent.iterdir()] == ["portal.secret"]
    _kept.cache_clear()
    assert Seals(chosen).opened("manage", sealed, NOON, None) == "P-1"


def test_many_who_make_it_at_once_have_the_same(tmp_path: Path) -> None:
    def made(_: int) -> str:
        return _kept.__wrapped__(tmp_path / "portal.secret")

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(made, range(32)))) == 1


def test_a_short_secret_or_a_folder_that_cannot_be_written_names_its_setting(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="BOOSTEZ_PORTAL_SECRET"):
        seals("short")
    (tmp_path / "file").write_text("")
    with pytest.raises(Misconfigured, match="BOOSTEZ_PORTAL_SECRET"):
        Seals(Settings(home=tmp_path / "file"))


SHORT_ONES = [
    ("place", "1"),
    ("satisfaction", "123456"),
    ("unsubscribe", "34.sessions.sms"),
    ("unsubscribe", "34.follow_up.sms"),
    ("unsubscribe", "34.invitations.sms"),
]


@pytest.mark.parametrize(("purpose", "word"), SHORT_ONES)
def test_a_short_address_stands_for_the_link(purpose: Opener, word: str) -> None:
    short = seals().short(purpose, word)
    code = short.removeprefix("https://portail.example/s/")
    assert len(code) <= 18
    assert seals().lengthened(code, NOON) == seals().link(purpose, word, NOON)
    assert seals("t" * 40).lengthened(code, NOON) is None


def test_a_short_address_opens_nothing_else() -> None:
    (place, opinion) = (
        seals().short(purpose, "7").rpartition("/")[2] for purpose in ("place", "satisfaction")
    )
    assert place[1:] != opinion[1:]
    assert seals().lengthened(f"a{place[1:]}", NOON) is None
    assert seals().lengthened(place.replace("p7.", "p8."), NOON) is None
    assert seals().lengthened(place.replace("p7.", "p07."), NOON) is None


@given(st.text(max_size=60) | st.from_regex(r"[a-z][0-9]{1,5}\.[A-Za-z0-9_-]{10}", fullmatch=True))
def test_no_other_code_is_lengthened(code: str) -> None:
    assert seals().lengthened(code, NOON) is None


@pytest.mark.parametrize(
    ("purpose", "word"),
    [("manage", "1"), ("place", "P-1"), ("place", "²"), ("unsubscribe", "34.sessions.mail"), ("place", "")],
)
def test_what_has_no_short_address_is_a_fault_of_ours(purpose: Opener, word: str) -> None:
    with pytest.raises(AssertionError):
        seals().short(purpose, word)
