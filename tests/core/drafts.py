"""Drafts to test with: one that is right, and every kind that a source could tell."""

from __future__ import annotations

import datetime as dt

import msgspec
from hypothesis import strategies as st

from core.drafts import Draft
from schemas.offer import Employer, Job, Salary, Session, Training
from schemas.reference_tables import communes, rome_labels

SIRET = "73282932000074"
GOOD = Draft(
    source="contractor",
    ref="c:1",
    version=1,
    kind="job",
    status="open",
    title="Boulanger  H/F",
    description="<p>Nous cherchons une personne pour le fournil.</p>",
    updated_at=dt.datetime(2026, 11, 1, tzinfo=dt.UTC),
    employer=Employer(name="SARL Boulangerie Dupont", siret=SIRET, url="https://www.dupont-pain.fr/"),
    postal_code="38000",
    city="GRENOBLE CEDEX",
    rome_code="D1102",
    job=Job(contract="CDI", salary=Salary("month", 1900, 2300)),
    apply_url="https://contractor.example/o/1",
)


def changed(draft: Draft, **members: object) -> Draft:
    return msgspec.structs.replace(draft, **members)


DATES = st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1))
MOMENTS = st.datetimes(timezones=st.sampled_from([dt.UTC, dt.timezone(dt.timedelta(hours=-11))]))
TEXTS = st.text(max_size=30)
SALARIES = st.builds(
    Salary,
    unit=st.sampled_from(["hour", "month", "year"]),
    minimum=st.floats(),
    maximum=st.none() | st.floats(),
)
JOBS = st.builds(
    Job,
    contract=st.sampled_from(["CDI", "CDD", "interim"]),
    duration_months=st.none() | st.integers(0, 61),
    hours_per_week=st.none() | st.floats(),
    salary=st.none() | SALARIES,
    openings=st.integers(0, 3),
    starts_on=st.none() | DATES,
)
TRAININGS = st.builds(
    Training,
    sessions=st.lists(st.builds(Session, starts_on=DATES, ends_on=DATES), max_size=2).map(tuple),
    rncp=st.sampled_from([None, "", "RNCP38565", "38565"]),
    price_eur=st.none() | st.floats(),
)
EMPLOYERS = st.builds(
    Employer,
    name=st.none() | TEXTS,
    siret=st.sampled_from([None, "", SIRET, "732 829 320 00074", "35600000049837", "73282932000079"]),
    url=st.sampled_from(
        [None, "", "https://dupont.fr", "dupont.fr", "http://[", "https://www.facebook.com/x"]
    ),
    anonymous=st.booleans(),
)
ADDRESSES = st.sampled_from([None, "", "https://a.example/1", "https://emploi.dupont.fr/x", "nul"])
CITIES = st.sampled_from([None, "", *[commune.name for commune in list(communes().values())[::200]]])
POSTAL_CODES = st.sampled_from(
    [
        None,
        "",
        "99999",
        "75001",
        "00000",
        "x",
        *[commune.postal_codes[0] for commune in list(communes().values())[::200]],
    ]
)
DRAFTS = st.builds(
    Draft,
    source=st.sampled_from(["contractor", "lheo", "X"]),
    ref=st.text(max_size=5) | st.just("c:1"),
    version=st.just(1),
    kind=st.sampled_from(["job", "training"]),
    status=st.just("open"),
    title=TEXTS | st.just("Boulanger"),
    description=TEXTS | st.just("<p>Texte<script>x</script></p>"),
    updated_at=MOMENTS,
    employer=st.none() | EMPLOYERS,
    postal_code=POSTAL_CODES,
    city=CITIES | TEXTS,
    commune=st.sampled_from([None, "", "38185", "69123", "75056", "zzzzz"]),
    latitude=st.none() | st.floats(),
    longitude=st.none() | st.floats(),
    rome_code=st.sampled_from([None, "", "D1102", "Z9999", *list(rome_labels())[:3]]),
    job=st.none() | JOBS,
    training=st.none() | TRAININGS,
    apply_url=ADDRESSES,
    apply_email=st.sampled_from([None, "", "a@b.example", "rh@dupont.fr", "nul"]),
    published_at=st.none() | MOMENTS | st.datetimes(),
    expires_at=st.none() | MOMENTS,
)


PLAUSIBLE = st.builds(
    lambda text, **members: changed(GOOD, title=f"Poste {text}", description=f"Texte\n{text}", **members),
    text=TEXTS,
    employer=EMPLOYERS.filter(lambda employer: employer.siret != "73282932000079"),
    latitude=st.none() | st.floats(44, 47),
    longitude=st.none() | st.floats(2, 7),
    commune=st.sampled_from([None, "38185", "69123"]),
    kind=st.just("training"),
    job=st.none(),
    training=st.builds(
        Training,
        sessions=st.lists(
            st.builds(Session, starts_on=DATES, ends_on=st.just(dt.date(2031, 1, 1))), max_size=2
        ).map(tuple),
        price_eur=st.none() | st.floats(0, 1e6),
    ),
    published_at=st.none() | MOMENTS,
)
