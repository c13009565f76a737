"""Attestations: the document, who may have it, and the page that says whether one is genuine."""

from __future__ import annotations

import datetime as dt
import re
from io import BytesIO

import pytest
from pypdf import PdfReader
from starlette.testclient import TestClient

from connectors.region import attestations, enrolments
from connectors.region.attestations import Attended, Attestation
from connectors.region.database import Region
from connectors.settings import Settings
from portal.attestation_pdf import attestation
from tests.hands import sql
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


def pages(content: bytes) -> list[str]:
    return [page.extract_text().replace("\u00a0", " ") for page in PdfReader(BytesIO(content)).pages]


class TestDocument:
    def test_it_says_who_was_where_for_how_long(self) -> None:
        (page,) = pages(attestation(told(2), ISSUED, CHECK))
        for words in (
            "Attestation de présence",
            "Zoé Lefèvre-Œuvrard",
            "L’Épi d’Or",
            "SIRET 732 829 320 00074",
            "mardi 8 décembre 2026, 18 h 30",
            "Atelier n° 2",
            "1 h 30",
            "3 h",
            "Établie le mercredi 9 décembre 2026",
            CHECK,
        ):
            assert words in page

    def test_it_has_a_title_and_a_language(self) -> None:
        reader = PdfReader(BytesIO(attestation(told(), ISSUED, CHECK)))
        assert reader.metadata is not None
        assert reader.metadata.title == "Attestation de présence S-1234-5"
        assert str(reader.root_object["/Lang"]) == "fr"

    def test_the_same_is_the_same_bytes(self) -> None:
        assert attestation(told(), ISSUED, CHECK) == attestation(told(), ISSUED, CHECK)

    def test_many_sessions_take_pages_and_none_is_lost(self) -> None:
        found = pages(attestation(told(60), ISSUED, CHECK))
        assert len(found) > 1
        whole = "\n".join(found)
        assert all(f"Atelier n° {n}" in whole for n in range(1, 61))
        assert "90 h" in found[-1]
        assert all("Établie le" in page for page in found)

    @pytest.mark.parametrize(
        "name",
        ["x" * 500, "‏مريم الحسن", "Ana 🎉 Díaz", "a\nb\tc", "<b>Bob</b> & Cie", "", "ﷺ" * 90],  # noqa: PLE2502 - a name from right to left
    )
    def test_no_name_breaks_it(self, name: str) -> None:
        (page,) = pages(attestation(told(person=name, firm=name), ISSUED, CHECK))
        assert "Attestation de présence" in page

    def test_an_address_of_any_length_is_whole(self) -> None:
        address = f"{CHECK}{'0123456789' * 14}"
        (page,) = pages(attestation(told(), ISSUED, address))
        assert address in re.sub(r"\s", "", page)

    def test_without_a_firm_it_names_none(self) -> None:
        (page,) = pages(attestation(told(firm=None, siret=None), ISSUED, CHECK))
        assert "SIRET" not in page


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
            "INSERT INTO cohort (name, department, level, slot, capacity, coach_id, state, created_at) "
            "SELECT 'Lyon', '69', 'beginner', 'tue-evening', 9, id, 'open', :now FROM coach",
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
