"""Attestations: the document, who may have it, and the page that says whether one is genuine."""

from __future__ import annotations

import datetime as dt
import re
from io import BytesIO
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from pypdf.generic import DictionaryObject
from starlette.testclient import TestClient

from connectors.region.database import Region
from connectors.region.sessions import attestations, enrolments
from connectors.region.sessions.attestations import Attended, Attestation
from connectors.settings import Settings
from portal import attestation_pdf
from portal.attestation_pdf import BOX, LONGEST, attestation
from tests.hands import sql
from tests.hostile import SCRIPTS
from tests.portal.programme import NOW, path, person, place, session

ISSUED = dt.date(2026, 12, 9)
CHECK = "https://portail.example/attestation/verifier/abc"
STARTS = dt.datetime.fromisoformat("2026-12-08T18:30")


def told(number: int = 1, **changes: str | None) -> Attestation:
    sessions = tuple(Attended(f"Atelier n° {n}", STARTS, 90) for n in range(1, number + 1))
    named: dict[str, str | None] = {
        "person": "Zoé Lefèvre-Œuvrard",
        "firm": "L’Épi d’Or",
        "siret": "73282932000074",
    }
    facts = named | changes
    return Attestation("S-1234-5", str(facts["person"]), facts["firm"], facts["siret"], sessions)


def titled(*titles: str) -> Attestation:
    return msgspec.structs.replace(told(), sessions=tuple(Attended(title, STARTS, 60) for title in titles))


def opened(attested: Attestation) -> PdfReader:
    return PdfReader(BytesIO(attestation(attested, ISSUED, CHECK)), strict=True)


def pages(content: bytes) -> list[str]:
    """Each page's words, in one line with plain spaces."""
    found = [page.extract_text() for page in PdfReader(BytesIO(content)).pages]
    return [" ".join(page.replace("\u200b", "").split()) for page in found]


def text(attested: Attestation) -> str:
    return " ".join(pages(attestation(attested, ISSUED, CHECK)))


class TestDocument:
    def test_it_says_who_was_where_for_how_long(self) -> None:
        (page,) = pages(attestation(told(2), ISSUED, CHECK))
        for words in (
            "N° S-1234-5",
            (
                "Attestation de présence La Région Auvergne-Rhône-Alpes atteste que Zoé Lefèvre-Œuvrard L’Épi d’Or "
                "SIRET 732 829 320 00074 a suivi les 2 séances ci-dessous"
            ),
            "pour un total de 3 h.",
            "Atelier n° 2 mardi 8 décembre 2026, 18 h 30 1 h 30",
            "Durée totale 3 h",
            "Fait à Lyon, le 9 décembre 2026",
            "page 1 sur 1",
        ):
            assert words in page

    def test_one_session_is_told_in_the_singular(self) -> None:
        assert "a suivi la séance ci-dessous" in text(told())
        assert "« Boostez votre Région », pour 1 h 30." in text(told())

    def test_the_same_is_the_same_bytes_and_its_date_is_that_of_its_issue(self) -> None:
        assert attestation(told(), ISSUED, CHECK) == attestation(told(), ISSUED, CHECK)
        dated = opened(told()).metadata
        assert dated is not None
        assert dated.creation_date == dated.modification_date == dt.datetime(2026, 12, 9, tzinfo=dt.UTC)

    def test_a_screen_reader_is_told_title_language_headings_table_and_the_code(self) -> None:
        root: Any = opened(told()).root_object
        assert (root["/Lang"], bool(root["/MarkInfo"]["/Marked"])) == ("fr-FR", True)
        assert bool(root["/ViewerPreferences"]["/DisplayDocTitle"])
        dated = opened(told()).metadata
        assert dated is not None
        assert dated.title == "Attestation de présence n° S-1234-5"
        assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data()
        kinds, alternatives = structure(root["/StructTreeRoot"])
        assert {"/H1", "/P", "/Table", "/TR", "/TH", "/TD", "/Figure", "/Link"} <= set(kinds)
        assert kinds.count("/TH") == 3
        assert alternatives == ["Code QR de l’adresse où vérifier cette attestation"]

    def test_every_font_is_in_it(self) -> None:
        [page] = opened(told()).pages
        fonts: Any = page["/Resources"]
        assert fonts["/Font"]
        for name in fonts["/Font"]:
            [descendant] = fonts["/Font"][name]["/DescendantFonts"]
            assert {"/FontFile2", "/FontFile3"} & set(descendant.get_object()["/FontDescriptor"])

    def test_many_sessions_take_pages_each_with_its_head_and_none_is_lost(self) -> None:
        found = pages(attestation(told(60), ISSUED, CHECK))
        assert len(found) == 3
        for number, page in enumerate(found, 1):
            assert f"page {number} sur 3" in page
            assert "Attestation n° S-1234-5" in page
            assert "Séance Date Durée" in page
        assert all(f"Atelier n° {n} " in " ".join(found) for n in range(1, 61))
        assert "Durée totale 90 h" in found[-1]

    @pytest.mark.parametrize("address", [CHECK, f"{CHECK}{'0123456789' * 14}"])
    def test_an_address_of_any_length_is_whole_and_a_link(self, address: str) -> None:
        content = attestation(told(), ISSUED, address)
        (page,) = pages(content)
        assert address in re.sub(r"\s", "", page)
        links: Any = PdfReader(BytesIO(content)).pages[0]["/Annots"]
        assert {each.get_object()["/A"]["/URI"] for each in links} == {address}

    def test_without_a_firm_it_names_none(self) -> None:
        assert "SIRET" not in text(told(firm=None, siret=None))


class TestWhatPeopleWroteAsTheirName:
    @pytest.mark.parametrize(
        "name",
        [*SCRIPTS, "#panic()", "*gras* _i_ $x^2$ @ref <label> \\ // ~ [a](b)", "a\nb\tc", "<b>Bob</b> & Cie"],
    )
    def test_is_words_and_neither_markup_nor_code(self, name: str) -> None:
        (page,) = pages(attestation(told(person=name, firm=name), ISSUED, CHECK))
        written = attestation_pdf._drawn(name)  # noqa: SLF001
        assert letters(written) in letters(page)

    @settings(max_examples=25)
    @given(st.text(max_size=60), st.text(max_size=400), st.text(max_size=60))
    def test_breaks_nothing(self, person: str, firm: str, title: str) -> None:
        """The standard refuses a document with a letter that is not drawn: here there is none."""
        attested = msgspec.structs.replace(titled(title), person=person, firm=firm)
        assert attestation(attested, ISSUED, CHECK).startswith(b"%PDF")

    def test_is_drawn_as_far_as_it_is_said(self) -> None:
        drawn = [chr(code) for code in range(0x20, 0x3000) if not attestation_pdf._UNDRAWN.match(chr(code))]  # noqa: SLF001
        assert len(drawn) > 800
        parts = ["".join(drawn[start : start + 100]) for start in range(0, len(drawn), 100)]
        assert text(titled(*parts)).count(BOX) == 1  # itself

    @pytest.mark.parametrize(
        ("name", "shown"),
        [
            ("Zoe\u0301 E\u0301luard", "Zoé Éluard"),
            ("Зоя Ελένη", "Зоя Ελένη"),
            ("Ana 🎉 Díaz 日本", f"Ana {BOX} Díaz {BOX}"),
            ("Zoé\u202egnp.exe", "Zoégnp.exe"),
            ("", BOX),
        ],
    )
    def test_is_shown_as_the_fonts_can_draw_it(self, name: str, shown: str) -> None:
        assert shown in text(told(person=name))

    @pytest.mark.parametrize("name", ["محمد علي", "שלום עליכם"])
    def test_is_whole_when_it_is_written_from_right_to_left(self, name: str) -> None:
        """Its letters may be extracted as they stand on the line."""
        page = text(told(person=name))
        assert BOX not in page
        assert all(letter in page for letter in name)

    def test_is_cut_when_it_is_very_long_and_stays_on_the_page(self) -> None:
        [page] = opened(told(person="W" * 1000, firm="é" * 1000)).pages
        written = page.extract_text().replace("\u200b", "")
        assert written.count("W") == LONGEST - 1
        assert "…" in written
        widest = (
            160 / 25.4 * 72 / 16
        )  # letters of 16 points, of which a bold W is wider, on the 160 mm between the margins
        assert max(map(len, re.findall(r"W+", written))) < widest


def letters(written: str) -> str:
    """What is left of a text when its setting is taken away: lines, spaces, quotes that were curved."""
    return re.sub(r"[^a-zA-Z0-9(){}#*_$^@<>/\[\]]", "", written)


def structure(element: DictionaryObject) -> tuple[list[str], list[str]]:
    """The kinds of a tagged document's elements, and what stands for its pictures."""
    kinds, alternatives = [], []
    waiting: list[object] = [element]
    while waiting:
        each = waiting.pop()
        if isinstance(each, DictionaryObject):
            kinds += [str(each["/S"])] if "/S" in each else []
            alternatives += [str(each["/Alt"])] if each.get("/S") == "/Figure" else []
            below = each.get("/K", [])
            waiting += (
                [one.get_object() for one in below] if isinstance(below, list) else [below.get_object()]
            )
    return kinds, alternatives


@pytest.mark.database
class TestPages:
    def test_whoever_came_has_theirs_and_its_code_proves_it(
        self, client: TestClient, region: Region, chosen: Settings
    ) -> None:
        held = session(region, in_days=0.5 / 24)
        mine = place(region, held, person(region, "Ada Martin", "ada@x.example"))
        assert client.get(path(chosen, "attestation", mine.id)).status_code == 410, "nobody was there yet"
        enrolments.attend(region, mine.id, "link", NOW)
        answer = client.get(path(chosen, "attestation", mine.id))
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["cache-control"] == "no-store"
        (page,) = pages(answer.content)
        assert "Ada Martin" in page
        assert held.title[:20] in page
        told = client.get(path(chosen, "verify", mine.id))
        assert told.status_code == 200
        assert "Cette attestation est authentique" in told.text
        assert "Ada Martin" in told.text
        assert (
            client.get(
                path(chosen, "attestation", mine.id).replace("/attestation/", "/attestation/verifier/")
            ).status_code
            == 410
        )

    def test_a_cohort_s_is_of_all_its_sessions(self, region: Region) -> None:
        sql(region, "INSERT INTO coach (name, email) VALUES ('Camille', 'c@x.example')")
        sql(
            region,
            (
                "INSERT INTO cohort (name, department, level, slot, capacity, coach_id, state, created_at) "
                "SELECT 'Lyon', '69', 'beginner', 'tue-evening', 9, id, 'open', :now FROM coach"
            ),
            now=NOW,
        )
        ((cohort,),) = sql(region, "SELECT id FROM cohort")
        ada = person(region, "Ada Martin", "ada@x.example")
        places = [
            place(
                region,
                session(region, kind="coaching", cohort_id=cohort, in_days=0.5 / 24, title=f"N° {n}"),
                ada,
            )
            for n in range(3)
        ]
        for each in places[:2]:
            enrolments.attend(region, each.id, "link", NOW)
        found = attestations.of(region, places[1].id)
        assert found is not None
        assert [each.title for each in found.sessions] == ["N° 0", "N° 1"]
        assert found.minutes == sum(each.minutes for each in found.sessions)
        assert attestations.of(region, places[2].id) is None

    def test_of_who_was_erased_nothing_is_attested(self, region: Region) -> None:
        mine = place(region, session(region, in_days=0.5 / 24), person(region, "Ada", "ada@x.example"))
        enrolments.attend(region, mine.id, "link", NOW)
        sql(
            region,
            "UPDATE contact SET name = NULL, email = NULL, phone = NULL, role = NULL, availability = NULL, erased_at = now()",
        )
        assert attestations.of(region, mine.id) is None
