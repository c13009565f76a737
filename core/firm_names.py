"""What of a firm's name tells it from others: without its legal form, small words, and the name of its trade.

Belongs here: taking a name apart, and how alike two are. Does not: who is compared with whom (firms_matching.py).

Two names are alike when what is left of them is the same words in any order, the same letters without the spaces, one mistake
apart in every five letters, or the one's words all among the other's. Names of two trades (« Garage Dupont », « Boulangerie
Dupont ») are not, and neither are names that differ by a number.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import msgspec
from rapidfuzz.distance import OSA

from core.folding import fold, words

LEGAL_FORMS: Final = frozenset(
    words(
        "sa sas sasu sarl eurl ei eirl snc sci scop scic scp selarl selas sca scs gie gaec earl scea association asso ets "
        "etablissements ste societe micro entreprise"
    )
)
NEAR: Final = 0.8  # from which likeness two names may be one firm's
LETTERS: Final = 5  # among which one may be mistyped
assert NEAR == 1 - 1 / LETTERS
CONTAINED: Final = 0.85  # the likeness of « Dupont » and « Dupont Marie »
TRADE_UNTOLD: Final = 0.95  # the likeness at most when one names a trade that the other does not
OTHER_TRADE: Final = 0.75  # what is left of a likeness when the trades differ
_FILLERS: Final = frozenset(words("le la les l de du des d et a au aux en un une chez the and"))
_TRADES: Final = {
    word: family
    for family, said in enumerate(
        (
            "boulangerie boulanger boulangere patisserie patissier patissiere fournil chocolaterie chocolatier",
            "restaurant restauration brasserie bar cafe bistrot bistro pizzeria creperie auberge traiteur snack",
            "garage auto autos automobile automobiles carrosserie mecanique",
            "coiffure coiffeur coiffeuse salon barbier esthetique beaute institut",
            "hotel gite gites camping chambres hotes residence",
            "plomberie plombier chauffage chauffagiste sanitaire climatisation",
            "electricite electricien elec",
            "menuiserie menuisier ebenisterie ebeniste charpente charpentier couverture couvreur toiture",
            "maconnerie macon batiment construction constructions renovation btp travaux",
            "peinture peintre platrerie decoration",
            "fleuriste fleurs floral",
            "pharmacie",
            "boucherie boucher charcuterie",
            "epicerie primeur primeurs alimentation superette",
            "transport transports taxi taxis vtc ambulance ambulances",
            "informatique web digital numerique",
            "communication publicite graphisme photographie photographe",
            "immobilier immobiliere agence",
            "optique opticien",
            "librairie presse tabac",
            "domaine ferme cave caves vignoble vignobles",
            "conseil conseils consulting formation cabinet",
        )
    )
    for word in said.split()
}


class Name(msgspec.Struct, frozen=True):
    """A name taken apart: its own words, ``ordered`` by the alphabet and run ``together`` as they stand.

    ``whole`` is all of it but the legal form, run together. ``trades`` are families of trades that it names.
    """

    own: frozenset[str]
    ordered: str
    together: str
    whole: str
    trades: frozenset[int]
    numbers: frozenset[str]


def bare(name: list[str]) -> list[str]:
    """Folded words without legal forms, also those spelled S.A.R.L."""
    kept, place = [], 0
    while place < len(name):
        letters = 0
        while place + letters < len(name) and len(name[place + letters]) == 1:
            letters += 1
        spelled = next(
            (n for n in range(letters, 1, -1) if "".join(name[place : place + n]) in LEGAL_FORMS), 0
        )
        if not spelled and name[place] not in LEGAL_FORMS:
            kept.append(name[place])
        place += spelled or 1
    return kept


@lru_cache(maxsize=65_536)
def taken_apart(name: str) -> Name:
    """What of a name is its own. When all of it is form, filler or trade, that is what it has."""
    said = words(name)
    without = bare(said)
    plain = [word for word in without if word not in _FILLERS]
    own = [word for word in plain if word not in _TRADES]
    kept = own or plain or without or said or fold(name).split()
    return Name(
        own=frozenset(kept),
        ordered=" ".join(sorted(kept)),
        together="".join(kept),
        whole="".join(without or kept),
        trades=frozenset(_TRADES[word] for word in without if word in _TRADES),
        numbers=frozenset(word for word in kept if word.isdecimal()),
    )


def likeness(one: Name, other: Name) -> float:
    """From 0 to 1; from ``NEAR`` on the two may be the same firm's. Symmetric."""
    if one.numbers != other.numbers and one.numbers and other.numbers:
        return 0.0
    if one.whole == other.whole:
        return 1.0
    found = max(_spelled_alike(one, other), _contained(one, other))
    if one.trades == other.trades:
        return found
    if one.trades and other.trades and one.trades.isdisjoint(other.trades):
        return found * OTHER_TRADE
    return min(found, TRADE_UNTOLD)


def _spelled_alike(one: Name, other: Name) -> float:
    if one.ordered == other.ordered or one.together == other.together:
        return 1.0
    if max(len(one.together), len(other.together)) < LETTERS:
        return 0.0
    if one.ordered == one.together and other.ordered == other.together:
        return _similarity(one.together, other.together)
    return max(_similarity(one.ordered, other.ordered), _similarity(one.together, other.together))


def _similarity(one: str, other: str) -> float:
    """One minus the mistakes a letter, when there are few enough. By distance: OSA's own similarity drops what is at the limit."""
    longest = max(len(one), len(other))
    few = longest // LETTERS
    mistakes = OSA.distance(one, other, score_cutoff=few)
    return 1 - mistakes / longest if mistakes <= few else 0.0


def _contained(one: Name, other: Name) -> float:
    if not (one.own < other.own or other.own < one.own):
        return 0.0
    shared = one.own & other.own
    return CONTAINED if sum(map(len, shared)) >= LETTERS - 1 else 0.0
