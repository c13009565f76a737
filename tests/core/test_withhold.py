"""Anonymous employers stay anonymous."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.folding import compact, fold, words
from core.html import plain_text, sanitise
from core.withhold import STAND_IN, redact, redact_html, reveals
from schemas.offer import Employer

DUPONT = Employer(
    name="SARL Boulangerie Dupont", siret="73282932000074", url="https://www.dupont-pain.fr/emploi"
)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Vendeur chez Boulangerie Dupont", f"Vendeur chez {STAND_IN}"),
        ("La BOULANGERIE-DUPONT recrute", f"La {STAND_IN} recrute"),
        ("La SARL Boulangerie  Dûpont.", f"La {STAND_IN}."),
        ("boulangerie dupontel", "boulangerie dupontel"),
        ("SIRET 732 829 320 00074, SIREN 732829320", f"SIRET {STAND_IN}, SIREN {STAND_IN}"),
        ("Voir https://emploi.dupont-pain.fr/a?b=c ici", f"Voir {STAND_IN} ici"),
        ("Écrire à rh@dupont-pain.fr", f"Écrire à {STAND_IN}"),
        ("Écrire à contactboulangeriedupont@orange.fr vite", f"Écrire à {STAND_IN} vite"),
        ("Boulangerie Du\u00adpont", STAND_IN),
    ],
)
def test_what_names_the_employer_is_replaced(text: str, kept: str) -> None:
    assert redact(text, DUPONT) == kept


def test_markup_inside_a_name_does_not_hide_it() -> None:
    html = "<p>La <b>Boulan</b>gerie&nbsp;Dupont</p><p>suite</p>"
    assert redact_html(html, DUPONT) == f"<p>La <b>{STAND_IN}</b></p><p>suite</p>"


def test_entities_inside_a_name_do_not_hide_it() -> None:
    assert (
        redact_html("<p>Chez L&amp;M Conseil</p>", Employer(name="L&M Conseil")) == f"<p>Chez {STAND_IN}</p>"
    )


def test_a_link_to_the_employer_loses_its_target() -> None:
    html = sanitise('<p><a href="https://dupont-pain.fr/x">ici</a> <a href="https://a.example/">là</a></p>')
    assert "dupont" not in redact_html(html, DUPONT)
    assert "https://a.example/" in redact_html(html, DUPONT)


def test_a_name_that_is_a_short_plain_word_is_left() -> None:
    assert redact("Un bon salaire", Employer(name="Bon")) == "Un bon salaire"
    assert redact("Chez EDF", Employer(name="EDF")) == f"Chez {STAND_IN}"


def test_shared_hosts_name_nobody() -> None:
    employer = Employer(name="Durand", url="https://www.facebook.com/durand")
    assert redact("Suivez-nous sur facebook.com", employer) == "Suivez-nous sur facebook.com"
    assert not reveals("https://facebook.com/x", employer)


@pytest.mark.parametrize(
    ("address", "telling"),
    [
        ("rh@dupont-pain.fr", True),
        ("https://emploi.dupont-pain.fr/1", True),
        ("https://contractor.example/boulangerie-dupont/1", True),
        ("https://contractor.example/Boulangerie%20Dupont", True),
        ("https://contractor.example/732829320", True),
        ("https://notdupont-pain.fr.example/1", False),
        ("https://contractor.example/1", False),
    ],
)
def test_addresses_that_give_the_employer_away_are_known(address: str, *, telling: bool) -> None:
    assert reveals(address, DUPONT) is telling


def test_an_employer_without_any_mark_changes_nothing() -> None:
    assert redact("Texte", Employer(anonymous=True)) == "Texte"


def test_a_legal_form_with_dots_is_one_too() -> None:
    """« S.A.R.L. » was read as four words, none of them a form: only the whole name was hidden, and « Dupont » alone was published."""
    employer = Employer(name="S.A.R.L. Dupont", anonymous=True)
    assert redact("Dupont recrute", employer) == f"{STAND_IN} recrute"
    assert redact("La S.A.R.L. Dupont recrute", employer) == f"La {STAND_IN} recrute"


NAMES = st.lists(st.text("abéèçÉ\u0153mn&-' 日", min_size=1, max_size=6), min_size=1, max_size=3).map(
    " ".join
)


@given(
    NAMES, st.text("abemn <>&-\n", max_size=20), st.sampled_from([str, str.upper, str.title, str.swapcase])
)
def test_the_folded_name_never_survives(name: str, around: str, dress: type[str]) -> None:
    assume(len(compact(name)) >= 4 and not set(words(STAND_IN)).intersection(words(name)))
    html = sanitise(f"{around} {dress(name)} {around}")
    hidden = redact_html(html, Employer(name=name))
    for text in (plain_text(hidden), redact(f"{around} {dress(name)}", Employer(name=name))):
        assert f" {' '.join(words(name))} " not in f" {' '.join(words(text))} "


@given(NAMES, st.text(max_size=30))
def test_redacting_keeps_html_as_sanitised(name: str, text: str) -> None:
    hidden = redact_html(sanitise(f"<p><b>{text}</b> {name}</p><ul><li>{name}</ul>"), Employer(name=name))
    assert sanitise(hidden) == hidden


@given(st.text(max_size=40))
def test_folding_is_idempotent(text: str) -> None:
    assert fold(fold(text)) == fold(text)
