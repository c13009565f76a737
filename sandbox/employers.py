"""Who offers: plausible firms and training organisations, none of them real.

Belongs here: names, legal forms, SIRETs with a right checksum, web and mail addresses under ``.example``. Does not:
which offer is whose (generator.py).
"""

from __future__ import annotations

from functools import lru_cache
from random import Random
from typing import NamedTuple

from sandbox.draws import seeded
from sandbox.places import draw_place, plain

FIRMS = 6_000
ORGANISATIONS = 900

_NAMES = (  # noqa: SIM905 - readable
    "Martin Bernard Perrin Girard Bonnet Faure Blanc Guérin Chevalier Roche Vidal Fontaine Rey Berger "
    "Brun Morel Perret Mollard Vial Charvet Jacquet Reynaud Tissot Bouvier Pélissier Chapuis Delorme "
    "Gaillard Brunet Favre Clément Besson Thévenet Meunier Dumas Crozet Ollier Chambon Rochette Vernay "
    "Bérard Coste Montagnier Peyrard Jourdan Argoud Béal"
).split()
_TRADES = (  # noqa: SIM905 - readable
    "Bâtiment;Transports;Menuiserie;Boulangerie;Logistique;Services;Électricité;Plomberie;Paysages;"
    "Mécanique;Décolletage;Plasturgie;Propreté;Restauration;Ambulances;Maçonnerie;Charpentes;Informatique;"
    "Conseil;Distribution;Automobiles;Fromagerie;Salaisons;Textile;Imprimerie;Optique;Hôtellerie;"
    "Immobilier;Aide à domicile;Chaudronnerie"
).split(";")
_SCHOOLS = (  # noqa: SIM905 - readable
    "Centre de formation {name};Institut {name};CFA des métiers {of};Académie {name} Formation;Campus "
    "{place};GRETA {place};École {name};{name} Compétences;Pôle formation {place};Ateliers {name}"
).split(";")
_PATTERNS = (  # noqa: SIM905 - readable
    "{name} {trade};{trade} {name};Ets {name} & Fils;{name} et Associés;{trade} du {area};Groupe "
    "{name};{name} Frères;Maison {name};{trade} {place};L'Atelier {name}"
).split(";")
_AREAS = ("Dauphiné", "Forez", "Beaujolais", "Vercors", "Bugey", "Velay", "Pilat", "Léman", "Livradois")
_FORMS = ("SARL", "SAS", "SASU", "EURL", "SA", "", "", "")


class Employer(NamedTuple):
    """``domain`` is the employer's own: whoever reads it knows the name."""

    name: str
    siret: str
    domain: str


@lru_cache(maxsize=FIRMS + ORGANISATIONS)
def employer(seed: int, number: int, *, school: bool = False) -> Employer:
    """The firm (or training organisation) of that number."""
    random = seeded(seed, "school" if school else "firm", number)
    core = random.choice(_SCHOOLS if school else _PATTERNS).format(
        name=random.choice(_NAMES),
        trade=random.choice(_TRADES),
        area=random.choice(_AREAS),
        place=draw_place(random).name,
        of=random.choice(("du bâtiment", "de bouche", "du commerce", "de l'industrie", "de la montagne")),
    )
    form = random.choice(_FORMS)
    label = "".join(letter if letter.isalnum() else "-" for letter in plain(core).lower())
    label = "-".join(filter(None, label.split("-")))
    return Employer(f"{form} {core}".strip(), siret(random), f"{label}.example")


def siret(random: Random) -> str:
    """Fourteen digits with both checksums right: the first nine are a SIREN."""
    siren = _closed(f"{random.randrange(30_000_000, 95_000_000)}")
    return _closed(f"{siren}{random.randrange(1, 120):04d}")


def _closed(digits: str) -> str:
    doubled = sum(divmod(int(digit) * 2, 10)[0] + int(digit) * 2 % 10 for digit in digits[::-2])
    return digits + str(-(doubled + sum(map(int, digits[-2::-2]))) % 10)
