from __future__ import annotations

import contextlib
import datetime as dt
from copy import deepcopy
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from connectors.lheo import client, wire
from core.drafts import Normalised
from core.normalise import normalise
from schemas import documents
from schemas.errors import Rejected
from schemas.offer import Employer, Session, Training
from tests.connectors.lheo.catalogue import FORMATION, SHARED, payloads, xml


@pytest.fixture(scope="module")
def payload(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return payloads(tmp_path_factory.mktemp("lheo"), xml())[0]


def changed(payload: Any, part: str, **members: Any) -> Any:
    """A copy whose ``part`` has other members; underscores stand for hyphens, None takes a member away."""
    copy = deepcopy(payload)
    for name, value in members.items():
        copy[part].pop(name.replace("_", "-"), None)
        if value is not None:
            copy[part][name.replace("_", "-")] = value
    return copy


def test_an_action_fits_and_says_all_its_facts(payload: Any) -> None:
    assert documents.report(wire.SCHEMA, payload) == []
    draft = wire.draft(payload)
    assert (draft.source, draft.ref, draft.kind, draft.status) == ("lheo", "84_1:84_2", "training", "open")
    assert draft.title == "CAP boulanger"
    assert draft.description == (
        "<h3>Objectif</h3>Pétrir & cuire.<br />Vendre."
        "<h3>Contenu</h3><p>Four à 250 °C,<br>pâte &lt; 24 h</p>"
        "<h3>Conditions</h3><p>Avoir 16 ans</p>"
    )
    assert draft.updated_at == dt.datetime(2026, 10, 6, 10, tzinfo=dt.UTC)
    assert draft.version == int(draft.updated_at.timestamp())
    assert draft.employer == Employer("CFA inventé", "73282932000074", "http://cfa.example")
    assert (draft.postal_code, draft.city, draft.commune) == ("38000", "Grenoble", "38185")
    assert (draft.latitude, draft.longitude, draft.remote) == (45.1885, 5.7245, "partial")
    assert draft.rome_code == "D1102"
    assert draft.training == Training(
        sessions=(Session(dt.date(2027, 1, 4), dt.date(2027, 6, 30)),),
        rncp="RNCP37537",
        level=3,
        hours=420,
        price_eur=1250.5,
    )
    assert draft.apply_url == "http://www.cfa.example/cap/grenoble"
    assert draft.apply_email == "cfa@exemple.example"


def test_what_is_missing_stays_unknown(payload: Any) -> None:
    bare = changed(
        payload,
        "action",
        datemaj=None,
        lieu_de_formation=None,
        url_action=None,
        prix_total_TTC=None,
        nombre_heures_total=None,
        session=[{"debut": "00000000", "fin": "99999999"}],
    )
    for name in (
        "datemaj",
        "code-ROME",
        "certification",
        "code-niveau-sortie",
        "url-formation",
        "contact-formation",
    ):
        del bare["formation"][name]
    assert documents.report(wire.SCHEMA, bare) == []
    draft = wire.draft(bare)
    assert (draft.version, draft.updated_at) == (1, wire.UNDATED)
    assert draft.training == Training(sessions=())
    unknown = (draft.postal_code, draft.city, draft.commune, draft.latitude, draft.rome_code, draft.apply_url)
    assert unknown == (None,) * 6


def test_fillers_say_nothing(payload: Any) -> None:
    place = {
        "codepostal": "00000",
        "ville": "-",
        "code-INSEE-commune": "00000",
        "latitude": "0",
        "longitude": "0",
    }
    filled = changed(
        payload, "action", lieu_de_formation=[place], prix_total_TTC="-", nombre_heures_total="0"
    )
    filled["formation"]["organisme-formation-responsable"].update(
        {"SIRET": "0" * 14, "nom-organisme": "-", "raison-sociale": "Association inventée", "web": ["-->"]}
    )
    assert documents.report(wire.SCHEMA, filled) == []
    draft = wire.draft(filled)
    assert (draft.postal_code, draft.city, draft.commune, draft.latitude, draft.longitude) == (None,) * 5
    assert draft.employer == Employer("Association inventée")
    assert draft.training
    assert (draft.training.price_eur, draft.training.hours) == (None, None)


@pytest.mark.parametrize(
    ("code", "level"),
    [("0", None), ("1", None), ("2", None), ("3", None), ("4", 3), ("5", 4), ("6", 5), ("7", 6), ("8", None)]
    + [(str(10 + level), level) for level in range(1, 9)],
)
def test_levels(payload: Any, code: str, level: int | None) -> None:
    draft = wire.draft(changed(payload, "formation", code_niveau_sortie=code))
    assert draft.training
    assert draft.training.level == level


@pytest.mark.parametrize(
    ("certification", "expected"),
    [
        ([{"code-RNCP": "320"}], "RNCP320"),
        ([{"code-RNCP": "RNCP00320"}], "RNCP320"),
        ([{"code-RS": "RS5616"}], "RS5616"),
        ([{"code-RS": "5616"}, {"code-RNCP": "474"}], "RNCP474"),
        ([{"code-RNCP": "-1"}], None),
        ([{"code-RNCP": "0"}], None),
        ([{"code-RNCP": "RS5616"}], None),
        ([{"code-CERTIFINFO": "80735"}], None),
    ],
)
def test_certifications(payload: Any, certification: list[Any], expected: str | None) -> None:
    certified = changed(payload, "formation", certification=certification)
    assert documents.valid(wire.SCHEMA, certified)
    training = wire.draft(certified).training
    assert training
    assert (training.rncp, training.cpf_eligible) == (expected, None)


def test_a_cpf_code_says_that_the_account_pays(payload: Any) -> None:
    training = wire.draft(changed(payload, "formation", certification=[{"code-CPF": "CPF12345"}])).training
    assert training
    assert training.cpf_eligible is True


@pytest.mark.parametrize(
    ("states", "status"), [("22", "closed"), ("21", "open"), ("23", "open"), ("33", "open")]
)
def test_an_action_is_closed_when_every_session_is(payload: Any, states: str, status: str) -> None:
    sessions = [{"debut": "20270104", "fin": "20270630", "etat-recrutement": state} for state in states]
    assert wire.draft(changed(payload, "action", session=sessions)).status == status


def test_an_impossible_day_is_rejected_with_a_sentence(payload: Any) -> None:
    impossible = changed(payload, "action", session=[{"debut": "20270230", "fin": "20270630"}])
    assert documents.report(wire.SCHEMA, impossible) == []  # it fits the XSD, too
    with pytest.raises(Rejected, match="20270230 is no date of the calendar"):
        wire.draft(impossible)


@given(st.dates(max_value=dt.date(9998, 12, 31)))
def test_any_day_is_read_back(date: dt.date) -> None:
    assert wire.day(f"{date:%Y%m%d}".zfill(8)) == date


@pytest.mark.parametrize("text", ["00000000", "99999999", "20270900", "20270000", "99991231"])
def test_an_unknown_day_is_none(text: str) -> None:
    assert wire.day(text) is None


@given(st.from_regex(r"[0-9]{4}[019][0-9][01239][0-9]", fullmatch=True))
def test_any_lheo_date_is_a_day_unknown_or_rejected(text: str) -> None:
    with contextlib.suppress(Rejected):
        found = wire.day(text)
        assert found is None or f"{found.year:04}{found:%m%d}" == text


@given(st.text())
def test_no_text_breaks_the_readers(text: str) -> None:
    assert wire.moment(text) is None or wire.moment(text)
    assert (wire.price(text) or 0) >= 0
    wire.as_html(text)
    assert 0 < len(wire.reference(text, text)) <= wire.REF_LIMIT


@given(cents=st.integers(0, 10**8), mark=st.sampled_from([",", "."]), sign=st.sampled_from(["", " €", "EUR"]))
def test_any_price_is_read_back(cents: int, mark: str, sign: str) -> None:
    assert wire.price(f"{cents // 100}{mark}{cents % 100:02}{sign}") == cents / 100


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20171213", dt.datetime(2017, 12, 12, 23, tzinfo=dt.UTC)),
        ("2026-07-14", dt.datetime(2026, 7, 13, 22, tzinfo=dt.UTC)),
        ("2026-07-14T10:00:00", dt.datetime(2026, 7, 14, 8, tzinfo=dt.UTC)),
        ("2026-07-14T10:00:00.5Z", dt.datetime(2026, 7, 14, 10, 0, 0, 500_000, tzinfo=dt.UTC)),
        ("00010101", None),
        ("00000000", None),
        ("hier", None),
        (None, None),
    ],
)
def test_dates_of_change_are_of_paris(text: str | None, expected: dt.datetime | None) -> None:
    assert wire.moment(text) == expected


def test_plain_text_is_escaped_and_markup_is_kept() -> None:
    assert wire.as_html("a < b & c") == "<p>a &lt; b &amp; c</p>"
    assert wire.as_html("d&eacute;j&agrave;") == "<p>déjà</p>"
    assert wire.as_html("<p>Déjà</p>") == "<p>Déjà</p>"
    assert wire.as_html("&lt;script&gt;") == "<p>&lt;script&gt;</p>"


def test_references_tell_every_pair_apart() -> None:
    assert wire.reference("07_10", "07_114782") == "07_10:07_114782"
    strange = [("a b", "c"), ("a", "b c"), ("a" * 60, "b" * 60), ("a:b", "c"), ("a", "b:c")]
    assert len({wire.reference(*pair) for pair in strange}) == len(strange)


def test_peek_reads_what_the_draft_will_say(payload: Any) -> None:
    assert wire.peek(msgspec.json.encode(payload)) == ("84_1:84_2", "2026-10-06T12:00:00+02:00")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{}",
        b'{"formation":{"numero":"1"}}',
        b'{"formation":{"numero":1},"action":{"numero":"2"}}',
        b'{"formation":',
    ],
)
def test_peek_says_nothing_of_what_it_cannot_read(raw: bytes) -> None:
    assert wire.peek(raw) == (None, None)


@pytest.mark.parametrize(
    ("before", "after", "pointer"),
    [
        ("<code-ROME>D1102<", "<code-ROME>D11<", "/formation/code-ROME/0"),
        ("<certifiante>1<", "<certifiante>oui<", "/formation/certifiante"),
        ("<codepostal>38000<", "<codepostal>3800<", "/action/lieu-de-formation/0/codepostal"),
        ("<intitule-formation> CAP boulanger <", "<intitule-formation> <", "/formation"),
        ("<debut>20270104<", "<debut>2027-01-04<", "/action/session/0/debut"),
        ("<code-niveau-sortie>13<", "<code-niveau-sortie>9<", "/formation/code-niveau-sortie"),
        ("<SIRET>73282932000074<", "<SIRET>732829320<", "/formation/organisme-formation-responsable/SIRET"),
        (' numero="84_2"', "", "/action"),
        ("organisme-formation-responsable", "organisme", "/formation"),
    ],
)
def test_what_the_xsd_refuses_is_refused_with_the_place(
    tmp_path: Path, before: str, after: str, pointer: str
) -> None:
    [broken] = payloads(tmp_path, xml().replace(before, after))
    assert [reason.pointer for reason in documents.report(wire.SCHEMA, broken)] == [pointer]
    assert not documents.valid(wire.SCHEMA, broken)


def test_a_formation_without_action_is_refused_with_a_reason(tmp_path: Path) -> None:
    [broken] = payloads(tmp_path, xml(FORMATION.replace("ACTIONS", "")))
    assert "'action'" in documents.report(wire.SCHEMA, broken)[0].message


STRANGE = st.one_of(
    st.none(),
    st.integers(),
    st.text(st.characters(codec="utf-8"), max_size=20),
    st.from_regex(r"[0-9\u0660-\u0669]{0,15}\n?", fullmatch=True),
    st.sampled_from(
        ["20270104", "20270104\n", "99999999", "A1234", "D1102\n", "2A004", "19", "18\n", [], {}, ["x"]]
    ),
)


@given(data=st.data())
def test_both_validators_give_one_verdict_and_what_fits_is_drafted_or_rejected(
    payload: Any, data: st.DataObject
) -> None:
    copy = deepcopy(payload)
    for _ in range(data.draw(st.integers(1, 3))):
        target: Any = copy
        while True:
            key = data.draw(
                st.sampled_from(sorted(target) if isinstance(target, dict) else range(len(target)))
            )
            if (
                not isinstance(target[key], dict | list)
                or not target[key]
                or data.draw(st.integers(0, 5)) == 0
            ):
                break
            target = target[key]
        target[key] = deepcopy(data.draw(STRANGE))
    fits = documents.valid(wire.SCHEMA, copy)
    assert fits == (documents.report(wire.SCHEMA, copy) == [])
    if fits:
        try:
            draft = wire.draft(copy)
        except Rejected:
            return
        assert wire.peek(msgspec.json.encode(copy))[0] == draft.ref


@pytest.fixture(scope="module")
def samples() -> list[Path]:
    found = sorted((SHARED / "lheo" / "samples").glob("*.xml"))
    if not found:
        pytest.skip("../shared/data/lheo/samples is not there")
    return found


@pytest.mark.shared
def test_every_real_action_fits_and_makes_a_draft(samples: list[Path]) -> None:
    assert len(samples) == 9
    for sample in samples:
        actions = [msgspec.json.decode(raw) for raw in client.read(sample)]
        assert len(actions) == sample.read_text("utf-8").count("<action ")
        for action in actions:
            assert documents.report(wire.SCHEMA, action) == []
            draft = wire.draft(action)
            assert draft.training
            assert draft.training.sessions
            assert draft.title in sample.read_text("utf-8")
            verdict = normalise(draft)
            assert isinstance(verdict, Normalised)
            assert verdict.offer.location.commune is None  # all of other regions
            assert verdict.offer.location.department in {"29", "31", "37"}


@pytest.mark.shared
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<code-ROME>F1604<", "<code-ROME>F16<"),
        ("<certifiante>1<", "<certifiante>oui<"),
        ("<codepostal>37250<", "<codepostal>3725<"),
    ],
)
def test_we_refuse_what_the_real_xsd_refuses(
    samples: list[Path], tmp_path: Path, before: str, after: str
) -> None:
    xsd = etree.XMLSchema(file=str(SHARED / "lheo" / "lheo_2.3.xsd"))
    text = next(each for each in samples if each.stem == "certifiante").read_text("utf-8")
    assert xsd.validate(etree.fromstring(text.encode()))
    broken = text.replace(before, after)
    assert not xsd.validate(etree.fromstring(broken.encode()))
    assert not any(documents.valid(wire.SCHEMA, each) for each in payloads(tmp_path, broken))
