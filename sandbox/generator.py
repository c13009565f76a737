"""Offers out of nothing: the n-th job or training at its r-th revision is a pure function of (seed, kind, n, r).

Belongs here: well-formed content. Does not: how it can be malformed (malformations.py), which offers exist and when
they changed (board.py). What stays over an offer's life (employer, place, occupation) is drawn without the revision,
the rest with it; title, description and pay or price always differ between two following revisions.
"""

from __future__ import annotations

import csv
from functools import cache
from html import escape
from random import Random
from typing import Any, Literal, NamedTuple

from sandbox import phrases
from sandbox.clock import DAY, day, instant
from sandbox.draws import seeded
from sandbox.employers import FIRMS, ORGANISATIONS, Employer, employer
from sandbox.places import REFERENCE, draw_place, location, with_article

Kind = Literal["job", "training"]
NEUTRAL_HOST = "https://candidature.offres-regionales.example"
_PREFIX: dict[Kind, str] = {"job": "EMP", "training": "FOR"}
_CONTRACTS = ("CDI",) * 9 + ("CDD",) * 5 + ("interim",) * 4 + ("apprenticeship",) * 2
_RARE = ("professionalisation", "seasonal", "seasonal", "internship", "civic_service", "freelance")


class Subject(NamedTuple):
    """What the sentences of one offer speak of."""

    label: str
    rome: str
    employer: Employer
    city: str
    hours: int
    level: int
    spoken: str
    slip: bool  # the name that should have been withheld is told

    def say(self, sentence: str) -> str:
        """A sentence with its gaps filled, as HTML."""
        filled = sentence.format(
            employer=self.spoken,
            label=self.label,
            at_city=with_article("à", self.city),
            of_city=with_article("de", self.city),
            hours=self.hours,
            level=self.level,
        )
        return escape(filled, quote=False)


def reference(kind: Kind, number: int) -> str:
    """The contractor's reference of an offer."""
    return f"{_PREFIX[kind]}-{number:06d}"


@cache
def occupations() -> tuple[tuple[str, str], ...]:
    """Every ROME code with its label."""
    with (REFERENCE / "rome.csv").open(encoding="utf-8", newline="") as file:
        return tuple((row["code"], row["label"]) for row in csv.DictReader(file))


def offer(seed: int, kind: Kind, number: int, revision: int, epoch: int) -> dict[str, Any]:
    """The content of an offer; version, status and updated_at are the board's. Dates count from ``epoch``."""
    life = seeded(seed, kind, number)
    place = draw_place(life)
    firm = _employer(seed, kind, life)
    rome, label = occupations()[int(life.random() ** 1.5 * len(occupations()))]
    anonymous = kind == "job" and life.random() < 0.04
    named = not anonymous or life.random() < 0.5
    where = location(place, life)
    hours = life.choice((35, 70, 140, 210, 400, 450, 600, 800, 1200))
    level = life.choice((3, 3, 4, 4, 5, 6))
    random = seeded(seed, kind, number, revision)
    spoken = firm.name if named else random.choice(("Notre client", "Notre entreprise", "Un établissement"))
    subject = Subject(label, rome, firm, place.name, hours, level, spoken, anonymous and named)
    written: dict[str, Any] = {
        "ref": reference(kind, number),
        "kind": kind,
        "title": _title(kind, label, number + revision),
        "description": _description(kind, subject, revision, random),
        "employer": _wire_employer(firm, life, anonymous=anonymous),
        "location": where,
        "rome_code": rome,
        kind: _job(life, random, revision, epoch)
        if kind == "job"
        else _training(subject, life, random, revision, epoch),
        "published_at": instant(epoch - int(life.uniform(31, 45) * DAY)),
        "expires_at": instant(epoch + int(life.uniform(3, 120) * DAY)),
    }
    written.update(_application(written["ref"], firm, life, anonymous=anonymous))
    return written


def _employer(seed: int, kind: Kind, life: Random) -> Employer:
    share = life.random() ** 2.2
    if kind == "training":
        return employer(seed, int(share * ORGANISATIONS), school=True)
    return employer(seed, int(share * FIRMS))


def _wire_employer(firm: Employer, life: Random, *, anonymous: bool) -> dict[str, Any]:
    written: dict[str, Any] = {"name": firm.name}
    if life.random() < 0.8:
        written["siret"] = firm.siret
    if life.random() < 0.3:
        written["url"] = f"https://www.{firm.domain}/"
    if anonymous or life.random() < 0.3:
        written["anonymous"] = anonymous
    return written


def _application(ref: str, firm: Employer, life: Random, *, anonymous: bool) -> dict[str, str]:
    chance = life.random()
    if anonymous or chance < 0.5:
        written = {"apply_url": f"{NEUTRAL_HOST}/o/{ref}"}
        return written if chance > 0.2 else {**written, "apply_email": f"recrutement@{firm.domain}"}
    if chance < 0.8:
        return {"apply_url": f"https://emploi.{firm.domain}/postuler?offre={ref}"}
    return {"apply_email": f"recrutement@{firm.domain}"} if chance < 0.97 else {}


def _title(kind: Kind, label: str, turn: int) -> str:
    titles = phrases.JOB_TITLES if kind == "job" else phrases.TRAINING_TITLES
    return titles[turn % len(titles)].format(label=label)


def _description(kind: Kind, subject: Subject, revision: int, random: Random) -> str:
    parts = _job_parts(subject, random) if kind == "job" else _training_parts(subject, random)
    news = phrases.NEWS[(revision - 1) % len(phrases.NEWS)]
    text = f"<p>{news}{parts[0]}</p>" + "".join(parts[1:])
    if subject.slip:
        text += f"<p>{subject.say(phrases.SLIP)}</p>"
    if random.random() < 0.005:
        text += random.choice(phrases.HOSTILE)
    return text


def _job_parts(subject: Subject, random: Random) -> list[str]:
    missions = random.sample(phrases.missions(subject.rome), random.randint(3, 6))
    return [
        subject.say(random.choice(phrases.JOB_OPENINGS)),
        "<p><strong>Vos missions</strong></p>",
        _listed(missions),
        f"<p>{subject.say(' '.join(random.sample(phrases.JOB_PROFILES, random.randint(1, 3))))}</p>",
        f"<p>{subject.say(' '.join(random.sample(phrases.JOB_CONDITIONS, random.randint(1, 3))))}</p>",
        f"<p>{subject.say(random.choice(phrases.JOB_CLOSINGS))}</p>",
    ]


def _training_parts(subject: Subject, random: Random) -> list[str]:
    modules = random.sample(phrases.TRAINING_MODULES, random.randint(3, 7))
    return [
        subject.say(random.choice(phrases.TRAINING_OPENINGS)),
        "<h3>Programme</h3>",
        _listed(modules),
        f"<p>{subject.say(' '.join(random.sample(phrases.TRAINING_PUBLICS, random.randint(1, 2))))}<br>",
        f"{subject.say(' '.join(random.sample(phrases.TRAINING_MEANS, random.randint(1, 3))))}</p>",
        f"<p><em>{subject.say(random.choice(phrases.TRAINING_CLOSINGS))}</em></p>",
    ]


def _listed(lines: list[str]) -> str:
    return "<ul>" + "".join(f"<li>{line[0].upper()}{line[1:]}</li>" for line in lines) + "</ul>"


def _job(life: Random, random: Random, revision: int, epoch: int) -> dict[str, Any]:
    contract = life.choice(_CONTRACTS) if life.random() < 0.92 else life.choice(_RARE)
    written: dict[str, Any] = {"contract": contract}
    if contract not in {"CDI", "freelance"}:
        written["duration_months"] = life.choice((1, 3, 4, 6, 6, 8, 12, 18, 24))
    if random.random() < 0.85:
        written["hours_per_week"] = random.choice((35, 35, 35, 35, 39, 37.5, 24, 28, 30, 20))
    written["salary"] = _salary(life, revision)
    if random.random() < 0.7:
        written["experience"] = random.choice(("none", "none", "junior", "confirmed", "senior"))
    if random.random() < 0.3:
        written["openings"] = random.choice((1, 1, 2, 3, 5, 10))
    if random.random() < 0.5:
        written["starts_on"] = day(epoch + random.randint(5, 90) * DAY)
    return written


def _salary(life: Random, revision: int) -> dict[str, Any]:
    base, chance = life.random() ** 2, life.random()
    raise_ = 1 + 0.01 * (revision - 1)
    if chance < 0.3:
        unit, minimum = "hour", round((12.1 + 10 * base) * raise_, 2)
    elif chance < 0.85:
        unit, minimum = "month", float(round((1850 + 2600 * base) * raise_))
    else:
        unit, minimum = "year", float(round((23_500 + 34_000 * base) * raise_, -2) + 10 * (revision - 1))
    written: dict[str, Any] = {"unit": unit, "minimum": minimum}
    if life.random() < 0.6:
        written["maximum"] = round(minimum * life.uniform(1.03, 1.25), 2)
    return written


def _training(subject: Subject, life: Random, random: Random, revision: int, epoch: int) -> dict[str, Any]:
    written: dict[str, Any] = {
        "hours": subject.hours,
        "level": subject.level,
        "price_eur": float(subject.hours * life.choice((9, 10, 12, 14)) + 10 * (revision - 1)),
        "sessions": [
            _session(subject.hours, random, epoch) for _ in range(random.choice((1, 1, 2, 2, 3, 4)))
        ],
    }
    if random.random() < 0.75:
        written["rncp"] = random.choice(("RNCP3", "RNCP4", "RS5")) + f"{random.randrange(1_000, 9_999)}"
    if random.random() < 0.8:
        written["cpf_eligible"] = random.random() < 0.7
    return written


def _session(hours: int, random: Random, epoch: int) -> dict[str, Any]:
    start = epoch + random.randint(10, 220) * DAY
    written: dict[str, Any] = {"starts_on": day(start), "ends_on": day(start + (hours // 30 + 1) * 7 * DAY)}
    if random.random() < 0.7:
        written["seats"] = random.randint(0, 16)
    return written
