"""The packaged reference tables."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from schemas.reference_tables import (
    activities,
    commune_aliases,
    commune_former_codes,
    communes,
    departments,
    naf_sections,
    rome_labels,
)

SHARED = Path(__file__).parents[3] / "shared" / "data"


def test_the_tables_are_whole() -> None:
    assert (len(communes()), len(departments()), len(rome_labels())) == (4034, 12, 1584)
    assert (len(activities()), len(naf_sections())) == (732, 21)
    assert {commune.department for commune in communes().values()} == set(departments())
    assert {code for _, code in commune_aliases()} <= set(communes())
    assert set(commune_former_codes().values()) <= set(communes())
    assert not set(commune_former_codes()) & set(communes())


def test_coordinates_come_in_pairs_and_lie_in_the_region() -> None:
    for commune in communes().values():
        assert (commune.latitude is None) == (commune.longitude is None)
        if commune.latitude is not None and commune.longitude is not None:
            assert 44.1 < commune.latitude < 46.9
            assert 2.0 < commune.longitude < 7.2


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="the shared files are not here")
def test_the_tables_say_what_their_sources_say() -> None:
    source = json.loads((SHARED / "geo_cog" / "communes_region84.json").read_text("utf-8"))
    kept = {
        row["code"]: row for row in source if row["type"] in {"commune-actuelle", "arrondissement-municipal"}
    }
    assert set(kept) == set(communes())
    for code, row in kept.items():
        commune = communes()[code]
        assert (commune.name, list(commune.postal_codes)) == (row["nom"], row["codesPostaux"])
    naf = json.loads((SHARED / "naf" / "codes-naf.json").read_text("utf-8"))
    labels = {
        row["id"]: " ".join(row["label"].replace("'", "’").split()) for row in naf if len(row["id"]) == 6
    }
    assert labels == {code: " ".join(each.label.split()) for code, each in activities().items()}
    with (SHARED / "rome" / "unix_referentiel_code_rome_v460_utf8.csv").open(encoding="utf-8") as lines:
        assert {row["code_rome"]: row["libelle_rome"] for row in csv.DictReader(lines)} == dict(rome_labels())
