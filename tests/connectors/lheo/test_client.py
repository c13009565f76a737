from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.lheo import client
from schemas.errors import Rejected
from tests.connectors.lheo.catalogue import ACTION, FORMATION, SHARED, payloads, xml

LHEO = '<lheo xmlns="http://lheo.gouv.fr/2.3">'


def test_an_action_is_read_in_the_words_of_lheo(tmp_path: Path) -> None:
    [payload] = payloads(tmp_path, xml())
    assert payload == {
        "formation": {
            "numero": "84_1",
            "datemaj": "20261001",
            "intitule-formation": "CAP boulanger",
            "objectif-formation": "Pétrir & cuire.<br />Vendre.",
            "resultats-attendus": "-",
            "contenu-formation": "Four à 250 °C,\npâte < 24 h",
            "certifiante": "1",
            "code-niveau-entree": "1",
            "code-niveau-sortie": "13",
            "code-ROME": ["D1102", "D1104"],
            "code-FORMACODE": ["21538"],
            "certification": [{"code-RNCP": "RNCP37537", "code-CERTIFINFO": "12345"}],
            "url-formation": ["https://cfa.example/cap"],
            "contact-formation": [{"courriel": "cfa@exemple.example"}],
            "organisme-formation-responsable": {
                "numero": "84_9",
                "SIRET": "73282932000074",
                "nom-organisme": "CFA inventé",
                "raison-sociale": "ASSOCIATION CFA INVENTE",
                "web": ["cfa.example"],
            },
        },
        "action": {
            "numero": "84_2",
            "datemaj": "20261005",
            "modalites-enseignement": "1",
            "conditions-specifiques": "Avoir 16 ans",
            "lieu-de-formation": [
                {
                    "codepostal": "38000",
                    "ville": "Grenoble",
                    "code-INSEE-commune": "38185",
                    "latitude": "45.1885",
                    "longitude": "5.7245",
                }
            ],
            "modalites-entrees-sorties": "0",
            "url-action": ["www.cfa.example/cap/grenoble"],
            "session": [
                {
                    "numero": "S1",
                    "horodatage-modification": "2026-10-06T12:00:00+02:00",
                    "debut": "20270104",
                    "fin": "20270630",
                    "etat-recrutement": "1",
                },
                {"numero": "S2", "debut": "20270900", "fin": "99999999"},
            ],
            "prix-total-TTC": "1250,50",
            "nombre-heures-total": "420",
        },
    }


def test_names_and_telephones_of_persons_are_not_read(tmp_path: Path) -> None:
    text = str(payloads(tmp_path, xml()))
    assert "PERSONNE" not in text
    assert "04 00" not in text


def test_version_2_2_and_other_encodings_are_read_alike(tmp_path: Path) -> None:
    expected = payloads(tmp_path, xml())
    assert payloads(tmp_path, xml(namespace="http://www.lheo.org/2.2")) == expected
    path = tmp_path / "latin.xml"
    path.write_bytes(xml().replace("UTF-8", "ISO-8859-1").encode("latin-1"))
    assert [msgspec.json.decode(raw) for raw in client.read(path)] == expected


def test_each_action_of_each_formation_comes_with_its_formation(tmp_path: Path) -> None:
    two = FORMATION.replace("ACTIONS", ACTION + ACTION.replace("84_2", "84_3"))
    found = payloads(tmp_path, xml(two + two.replace("84_1", "84_7")))
    numbers = [(each["formation"]["numero"], each["action"]["numero"]) for each in found]
    assert numbers == [("84_1", "84_2"), ("84_1", "84_3"), ("84_7", "84_2"), ("84_7", "84_3")]


def test_equal_elements_give_equal_bytes(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.xml"
    path.write_text(xml(), "utf-8")
    once = list(client.read(path))
    path.write_text(
        xml().replace("<code-NSF>", "<!-- édité -->\n<code-NSF>").replace("\n   <", "\n\t<"), "utf-8"
    )
    assert list(client.read(path)) == once


def test_nothing_is_dropped_in_silence(tmp_path: Path) -> None:
    found = payloads(
        tmp_path,
        xml(FORMATION.replace("ACTIONS", "") + "<formation/>" + FORMATION.replace("ACTIONS", ACTION)),
    )
    assert [sorted(each) for each in found] == [["formation"], ["formation"], ["action", "formation"]]
    assert found[1] == {"formation": {}}


def test_unescaped_markup_keeps_its_words(tmp_path: Path) -> None:
    text = xml().replace("Avoir 16 ans", "Avoir <b>16</b> ans")
    assert payloads(tmp_path, text)[0]["action"]["conditions-specifiques"] == "Avoir 16 ans"


BOMB = "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no whole document"),
        ("id;titre\n1;CAP", "line 1, column 1"),
        ('[{"id": "A"}]', "line 1, column 1"),
        ("<jobs><job/></jobs>", "its root is <jobs> of no namespace"),
        ('<lheo xmlns="http://lheo.gouv.fr/3.0"/>', "its root is <lheo> of http://lheo.gouv.fr/3.0"),
        ("<lheo/>", "its root is <lheo> of no namespace"),
        ("<x:lheo/>", "x:lheo"),
        (xml()[:-30], "line "),
        (xml() + "<encore/>", "Extra content at the end of the document, line "),
        (LHEO + "<a>&eacute;</a></lheo>", "an entity that XML does not know"),
        (
            f'<!DOCTYPE lheo [<!ENTITY x SYSTEM "file:///etc/passwd">]>{LHEO}&x;</lheo>',
            "declares a document type",
        ),
        (f'<!DOCTYPE lheo SYSTEM "http://127.0.0.1:9/lheo.dtd">{LHEO}</lheo>', "declares a document type"),
        (f'<!DOCTYPE lheo [<!ENTITY a "aaaaaaaaaa">{BOMB}]>{LHEO}&j;</lheo>', ""),
        (LHEO + "<a>" * 1000, "Excessive depth"),
    ],
)
def test_another_file_is_rejected_with_the_place(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(Rejected, match=r"catalogue\.xml is not readable as LHEO 2\.3: .") as refused:
        payloads(tmp_path, text)
    assert why in str(refused.value)


def test_an_encoding_that_lies_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.xml"
    path.write_bytes(xml().encode("latin-1"))
    with pytest.raises(Rejected, match=r"Invalid bytes in character encoding, line \d+"):
        list(client.read(path))


def test_xinclude_reads_no_file(tmp_path: Path) -> None:
    include = (
        '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>'
    )
    [payload] = payloads(tmp_path, xml().replace("Avoir 16 ans", f"Avoir {include}"))
    assert payload["action"]["conditions-specifiques"] == "Avoir"


def test_actions_before_the_fault_are_given(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.xml"
    path.write_text(xml().replace("</offres></lheo>", "<formation>"), "utf-8")
    reading = client.read(path)
    assert b"84_2" in next(reading)
    with pytest.raises(Rejected):
        next(reading)


@given(cut=st.integers(0, 4000), noise=st.binary(max_size=6))
def test_no_damage_raises_anything_but_rejected(
    tmp_path_factory: pytest.TempPathFactory, cut: int, noise: bytes
) -> None:
    content = xml().encode()
    path = tmp_path_factory.mktemp("damage") / "catalogue.xml"
    path.write_bytes(content[:cut] + noise + content[cut + 1 :])
    try:
        found = list(client.read(path))
    except Rejected:
        return
    for raw in found:
        assert "formation" in msgspec.json.decode(raw)


@pytest.mark.shared
def test_real_feeds_of_other_formats_are_rejected() -> None:
    feeds = sorted((SHARED / "job_feeds").glob("lba_*"))
    if not feeds:
        pytest.skip("../shared/data/job_feeds is not there")
    for feed in feeds:
        with pytest.raises(Rejected, match="not readable as LHEO 2"):
            list(client.read(feed))
