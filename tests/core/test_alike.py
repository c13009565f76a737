"""Which questions are alike: a small set of real ones, and rules that hold for any words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.alike import THRESHOLD, Known, stems

KNOWN = {
    "train": "Quand la Région augmentera-t-elle le nombre de trains entre Lyon et Saint-Étienne ?",
    "bus": "Pourquoi la ligne de bus 45 entre Annecy et Chambéry a-t-elle été supprimée ?",
    "price": "Le prix des abonnements TER pour les étudiants va-t-il encore augmenter ?",
    "lycee": "Y aura-t-il un nouveau lycée à Bourgoin-Jallieu, où les classes sont pleines ?",
    "canteen": "Combien coûte un repas à la cantine du lycée, et qui le finance ?",
    "apprentice": "Quelles aides existent pour les apprentis qui passent le permis de conduire ?",
    "doctor": "Comment la Région va-t-elle attirer des médecins généralistes dans le Cantal ?",
    "fibre": "Quand la fibre optique arrivera-t-elle dans les villages de l’Ardèche ?",
    "shop": "La Région aide-t-elle les petits commerces à créer leur site internet ?",
    "ski": "Faut-il encore financer des canons à neige dans les stations de ski ?",
    "bike": "Est-il prévu d’autoriser les vélos dans tous les TER ?",
    "culture": "Les festivals de musique seront-ils aidés cette année, comme Musilac à Aix-les-Bains ?",
}
ALIKE = [
    ("Y aura-t-il plus de trains Lyon – Saint-Etienne ?", "train"),
    ("le nombre de train entre lyon et st etienne va t il augmenter", "train"),
    ("Pourquoi avoir supprimé la ligne 45 (Annecy-Chambéry) ?", "bus"),
    ("Pourquoi le bus 45 Chambery Annecy est supprimé ???", "bus"),
    ("Est-ce que l’abonnement TER étudiant va augmenter ?", "price"),
    ("Prix de l’abonement TER pour un étudiant ?", "price"),
    ("Un nouveau lycée est-il prévu à Bourgoin Jallieu ?", "lycee"),
    ("Qui finance les repas de cantine au lycée ?", "canteen"),
    ("Existe-t-il une aide au permis de conduire pour les apprentis ?", "apprentice"),
    ("Comment attirer plus de médecins dans le Cantal ?", "doctor"),
    ("La fibre optique en Ardèche, c’est pour quand ?", "fibre"),
    ("Quand les villages ardéchois d’Ardèche auront-ils la fibre ?", "fibre"),
    ("Aidez-vous les petits commerces pour créer un site internet ?", "shop"),
    ("Pourquoi financer encore les canons à neige des stations ?", "ski"),
    ("Peut-on prendre son vélo dans le TER ?", "bike"),
    ("Le festival Musilac sera-t-il aidé cette année ?", "culture"),
]
NOT_ALIKE = [
    "Quand les trains de nuit reviendront-ils à Clermont-Ferrand ?",
    "Y aura-t-il plus de bus le dimanche à Valence ?",
    "Combien d’élèves par classe au lycée de Vichy ?",
    "Quel est le budget de la Région pour la culture ?",
    "Les médecins de Lyon prennent-ils de nouveaux patients ?",
    "Comment devenir apprenti boulanger à 17 ans ?",
    "Qui décide du prix de l’eau ?",
    "Pouvez-vous aider mon association de quartier ?",
    "La Région va-t-elle planter des arbres ?",
    "Bonjour, je voudrais savoir comment vous contacter, merci.",
    "Quand la ligne de tram sera-t-elle prolongée ?",
    "Existe-t-il des aides pour rénover une maison ?",
]


@pytest.fixture(scope="module")
def known() -> Known:
    return Known(KNOWN)


@pytest.mark.parametrize(("body", "like"), ALIKE)
def test_what_asks_the_same_is_like_it(known: Known, body: str, like: str) -> None:
    assert [found.key for found in known.like(body)][:1] == [like]


@pytest.mark.parametrize("body", NOT_ALIKE)
def test_what_asks_something_else_is_like_nothing(known: Known, body: str) -> None:
    assert known.like(body) == []


def test_what_is_only_of_grammar_tells_nothing() -> None:
    assert stems("Est-ce que vous pouvez le faire pour nous, et quand ?") == frozenset()
    assert Known({"one": "Pourquoi ?", "two": "Et alors ?"}).like("Pourquoi pas ?") == []


def test_plurals_accents_and_endings_are_one_word() -> None:
    assert stems("Les médecins généralistes") == stems("le Medecin généraliste")
    assert stems("hôpitaux régionaux") == stems("HOPITAL régional")


def test_a_word_that_all_have_weighs_less_than_one_that_few_have() -> None:
    known = Known(
        {**{f"b{n}": f"transports numéro{n} sujet{n}" for n in range(20)}, "t": "transports téléphérique"}
    )
    assert [each.key for each in known.like("téléphérique Grenoble")] == ["t"]
    assert known.like("transports Grenoble") == []


def test_the_most_alike_comes_first_and_no_more_than_asked_for() -> None:
    many = Known({str(n): f"Des vélos dans le train {'demain ' * n}" for n in range(5)})
    found = many.like("Des vélos dans le train", limit=2)
    assert found[0].key == "0"
    assert len(found) == 2
    assert found[0].score >= found[1].score >= THRESHOLD


WORDS = st.lists(
    st.sampled_from(
        ["trains", "bus", "lycée", "vélos", "fibre", "médecin", "Annecy", "prix", "neige", "musée"]
    ),
    max_size=8,
)


@given(WORDS, WORDS)
def test_likeness_is_of_both_and_between_nothing_and_the_same(one: list[str], other: list[str]) -> None:
    there = Known({"x": " ".join(one), "z": "autre chose"}).like(" ".join(other), limit=9)
    scores = [found.score for found in there if found.key == "x"]
    assert all(THRESHOLD <= score <= 1 for score in scores)
    if one and set(one) == set(other):
        assert scores == [1]
    if not set(one) & set(other):
        assert scores == []


@given(st.text(max_size=200))
def test_whatever_is_written_is_like_itself_or_says_nothing(body: str) -> None:
    found = Known({"it": body}).like(body)
    assert [each.key for each in found] == (["it"] if stems(body) else [])
