from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.sms import Segments, gsm, segments

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
FRENCH = st.text(
    "abcdefghijklmnopqrstuvwxyzABCÉÀÈÊËÎÏÔŒÙÛÇéàèêëîïôœùûüÿç’‘«»“”…–—-.,;:!?()0123456789€°² \u00a0\u202f\n"
)


def test_the_alphabet_has_127_characters_and_an_escape() -> None:
    assert len(set(BASIC)) == 127
    assert segments(BASIC).alphabet == "gsm7"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (
            "Rappel : « Être vu sur Facebook », mardi 1er décembre à 9 h",
            'Rappel : "Etre vu sur Facebook", mardi 1er décembre à 9 h',
        ),
        ("l’œuvre, l‘Œuvre…", "l'oeuvre, l'OEuvre..."),
        ("Ça, ça ; À côté : ñ, ü, É, Ê", "Ça, ca ; A coté : ñ, ü, É, E"),
        ("e\u0301te\u0301", "été"),
        ("8 h – 10 h — 15\u202f€", "8 h - 10 h - 15 €"),
        ("n° 3, 20 m², ½", "no 3, 20 m2, 1/2"),
        ("Noël à l’Hôtel-Dieu", "Noel à l'Hotel-Dieu"),
        ("a\u200bb\u00adc\ufeff\r\nd\te", "abc\nd e"),
        ("مرحبا 🥖", "مرحبا 🥖"),
        ("", ""),
    ],
)
def test_what_a_telephone_cannot_spell_is_written_as_people_do(text: str, written: str) -> None:
    assert gsm(text) == written


@given(FRENCH)
def test_french_always_fits_the_alphabet(text: str) -> None:
    assert segments(gsm(text)).alphabet == "gsm7"


@given(st.text())
def test_writing_it_twice_changes_nothing_and_never_costs_more(text: str) -> None:
    once = gsm(text)
    assert gsm(once) == once
    assert segments(once).alphabet == "gsm7" or segments(text).alphabet == "ucs2"


@given(st.text(BASIC.replace("\r", "").replace("\n", "")))
def test_what_the_alphabet_has_stays(text: str) -> None:
    assert gsm(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Segments("gsm7", 0, 1)),
        ("a" * 160, Segments("gsm7", 160, 1)),
        ("a" * 161, Segments("gsm7", 161, 2)),
        ("a" * 306, Segments("gsm7", 306, 2)),
        ("a" * 307, Segments("gsm7", 307, 3)),
        ("€" * 80, Segments("gsm7", 160, 1)),
        ("€" * 81, Segments("gsm7", 162, 2)),
        ("a" * 152 + "€" + "a" * 152, Segments("gsm7", 306, 3)),
        ("ê" * 70, Segments("ucs2", 70, 1)),
        ("ê" * 71, Segments("ucs2", 71, 2)),
        ("ê" * 134, Segments("ucs2", 134, 2)),
        ("ê" * 135, Segments("ucs2", 135, 3)),
        ("🥖" * 35, Segments("ucs2", 70, 1)),
        ("🥖" * 36, Segments("ucs2", 72, 2)),
        ("ê" * 66 + "🥖" + "ê" * 66, Segments("ucs2", 134, 3)),
    ],
)
def test_a_text_is_counted_as_telephones_do(text: str, expected: Segments) -> None:
    assert segments(text) == expected


@given(st.text(), st.text())
def test_more_text_never_costs_less(text: str, more: str) -> None:
    assert segments(text + more).number >= segments(text).number
    assert segments(text + more).units >= segments(text).units or segments(text).alphabet == "gsm7"


@given(st.text(min_size=1))
def test_as_many_parts_as_the_units_need_and_at_most_one_unit_lost_in_each(text: str) -> None:
    told = segments(text)
    alone, joined = (160, 153) if told.alphabet == "gsm7" else (70, 67)
    if told.units <= alone:
        assert told.number == 1
    else:
        assert -(-told.units // joined) <= told.number <= -(-told.units // (joined - 1))
