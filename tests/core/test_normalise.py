"""Drafts made canonical."""

from __future__ import annotations

import datetime as dt

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from core.drafts import Draft, Normalised
from core.folding import compact, fold
from core.normalise import normalise
from schemas.documents import valid
from schemas.offer import Employer, Location, Offer, Session, Training, encode
from tests.core.drafts import DRAFTS, GOOD, PLAUSIBLE, changed
from tests.examples import scaled

ANONYMOUS = Employer(
    name="SARL Boulangerie Dupont", siret="73282932000074", url="https://www.dupont-pain.fr/", anonymous=True
)


def offer_of(draft: Draft) -> Offer:
    verdict = normalise(draft)
    assert isinstance(verdict, Normalised), verdict
    return verdict.offer


def test_an_offer_is_completed_from_the_reference_tables() -> None:
    offer = offer_of(GOOD)
    assert offer.title == "Boulanger H/F"
    assert offer.rome_label == "Boulanger / Boulangère"
    assert offer.location == Location("38000", "Grenoble", "38185", "38", 45.17869, 5.71479)


def test_capitals_are_left_as_they_are() -> None:
    assert offer_of(changed(GOOD, title=" VENDEUR\n H/F ")).title == "VENDEUR H/F"


def test_coordinates_are_kept_where_they_can_be_true() -> None:
    def point(draft: Draft) -> tuple[float | None, float | None]:
        place = offer_of(draft).location
        return place.latitude, place.longitude

    assert point(changed(GOOD, latitude=45.2000049, longitude=5.7)) == (45.2, 5.7)
    assert point(changed(GOOD, latitude=48.85, longitude=2.35)) == (45.17869, 5.71479)
    outside = changed(GOOD, postal_code="75001", city="Paris")
    assert point(changed(outside, latitude=48.85, longitude=2.35)) == (48.85, 2.35)
    assert point(changed(outside, latitude=0.0, longitude=0.0)) == (None, None)


def test_an_offer_outside_the_region_keeps_its_place_without_a_commune() -> None:
    assert offer_of(changed(GOOD, postal_code="39200", city=" Saint-Claude")).location == Location(
        "39200", "Saint-Claude", None, "39"
    )


def test_timestamps_are_whole_seconds_of_utc() -> None:
    paris = dt.timezone(dt.timedelta(hours=1))
    published = dt.datetime(2026, 11, 1, 8, 30, 1, 999, tzinfo=paris)
    offer = offer_of(changed(GOOD, published_at=published, expires_at=dt.datetime.max.replace(tzinfo=paris)))
    assert offer.published_at == dt.datetime(2026, 11, 1, 7, 30, 1, tzinfo=dt.UTC)
    assert offer.expires_at is None


def test_empty_texts_count_as_absent() -> None:
    offer = offer_of(
        changed(GOOD, employer=Employer(name="  ", siret="", url=""), rome_code="", apply_url=" ")
    )
    assert (offer.employer, offer.rome_code, offer.rome_label, offer.apply_url) == (
        Employer(),
        None,
        None,
        None,
    )


def test_a_description_without_anything_to_publish_is_refused() -> None:
    verdict = normalise(changed(GOOD, description="<script>alert('a long enough text')</script>"))
    assert isinstance(verdict, tuple)
    assert [(reason.pointer, reason.rule) for reason in verdict] == [("/description", "description_empty")]


def test_an_anonymous_employer_is_withheld() -> None:
    verdict = normalise(
        changed(
            GOOD,
            employer=ANONYMOUS,
            title="Vendeur chez Boulangerie Dupont",
            description="<p>La boulangerie DUPONT recrute. www.dupont-pain.fr, SIRET 732 829 320 00074</p>",
            apply_email="rh@dupont-pain.fr",
        )
    )
    assert isinstance(verdict, Normalised)
    assert verdict.withheld == ANONYMOUS
    assert verdict.offer.employer == Employer(anonymous=True)
    assert verdict.offer.apply_email is None
    assert verdict.offer.apply_url == GOOD.apply_url
    assert "dupont" not in fold(encode(verdict.offer).decode())
    assert "732829320" not in compact(encode(verdict.offer).decode())


def test_an_employer_that_is_not_anonymous_is_published_whole() -> None:
    verdict = normalise(GOOD)
    assert isinstance(verdict, Normalised)
    assert verdict.withheld is None
    assert verdict.offer.employer == GOOD.employer


@settings(max_examples=scaled(400))
@given(DRAFTS | PLAUSIBLE)
def test_whatever_a_source_tells_the_result_fits_the_schema_or_is_refused_with_reasons(draft: Draft) -> None:
    verdict = normalise(draft)
    if isinstance(verdict, Normalised):
        assert valid("offer.v1", msgspec.to_builtins(verdict.offer))
        assert valid("offer.v1", msgspec.json.decode(encode(verdict.offer)))
        assert normalise(draft) == verdict
    else:
        assert verdict


def test_what_no_rule_foresaw_is_refused_with_the_schemas_own_reason() -> None:
    training = Training(sessions=(Session(dt.date(2026, 1, 1), dt.date(2026, 2, 1)),), rncp="38565")
    verdict = normalise(changed(GOOD, kind="training", job=None, training=training))
    assert isinstance(verdict, tuple)
    assert [(reason.pointer, reason.rule) for reason in verdict] == [("/training/rncp", "pattern")]


@given(
    st.text("bcdfgéèç", min_size=5, max_size=8),
    st.text("wkxzöü", min_size=4, max_size=8),
    st.sampled_from([str, str.upper, str.title]),
)
def test_an_anonymous_name_is_nowhere_in_the_published_bytes(
    first: str, second: str, dress: type[str]
) -> None:
    name = f"{first} {second}"
    host = f"{compact(first)}-{compact(second)}.fr"
    draft = changed(
        GOOD,
        employer=Employer(name=f"{name} SAS", url=f"https://www.{host}/", anonymous=True),
        title=f"Poste {dress(name)}",
        description=f"<p><b>{dress(first)}</b> {second} : https://{host}/jobs <a href='https://{host}'>x</a></p>",
        apply_email=f"rh@{host}",
    )
    published = encode(offer_of(draft)).decode()
    assert compact(name) not in compact(published)
