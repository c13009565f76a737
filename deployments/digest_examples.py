"""Every digest with example facts, so that people can read what stakeholders receive.

Belongs here: the examples. Does not: the letters (connectors/mail/digest_words.py), or a real one (`boostez digest preview`).
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from connectors.mail.digest_words import digest_letter
from connectors.mail.digests import told_to
from connectors.mail.wire import Letter
from connectors.registry import objectives
from connectors.seals import Seals
from connectors.settings import Settings
from core.digests import facts
from core.digests.rules import Reader
from core.digests.weeks import Slot, Week, latest
from core.partnership import JOBS, TRAININGS
from core.progress import TARGET, Part, Progress, Steps
from core.service_levels import Level, Rules, Seen
from schemas.documents import Reason
from schemas.letters import Role

_SLOT: Final = Slot(0, dt.time(7))
_NAMES: Final[dict[Role, str]] = {
    "officials": "Ada Martin",
    "coaches": "Inès Faure",
    "contractor": "Équipe d’échange",
    "press": "Service de presse",
    "direction": "Direction du partenariat",
}
_HELD: Final = facts.Held(2, 14, 61, 9, 7, 48, 1)
_STEPS: Final = Steps(2_310, 1_940, 1_612, 980, 410, 120)


def letters(settings: Settings, seals: Seals, now: dt.datetime) -> dict[str, Letter]:
    """Each role's, by name: the newest that was due at ``now``. ``seals`` are nobody's."""
    week = latest(_SLOT, now)
    found = {}
    for role, told in examples(week, objectives(settings)).items():
        reader = Reader("1", _NAMES[role], f"{role}@example.org")
        found[f"digest.{role}"] = digest_letter(
            told_to(settings, seals, role, reader, week, week.due_at), told
        )
    return found


def examples(week: Week, rules: Rules) -> dict[Role, facts.Facts]:
    """Each role's facts; ``rules`` are the objectives that the direction is told of."""
    return {
        "officials": _official(week),
        "coaches": _coach(week),
        "contractor": _contractor(week),
        "press": _press(week),
        "direction": _direction(week, rules),
    }


def _meeting(week: Week, days: int, title: str, *, come: int = 0, absent: int = 0) -> facts.Meeting:
    """Somewhere, so many days after the digest; with 18 people, of whom it may be known who came."""
    return facts.Meeting(
        ref="exemple",
        title=title,
        starts_wall=dt.datetime.combine(week.day + dt.timedelta(days=days), dt.time(18, 30)),
        zone="Europe/Paris",
        place="Maison des entreprises, Lyon",
        registered=18,
        capacity=24,
        present=come,
        absent=absent,
        unknown=18 - come - absent,
        questions=3 if days > 0 else 0,
    )


def _official(week: Week) -> facts.OfficialFacts:
    day = dt.timedelta(days=1)
    return facts.OfficialFacts(
        ("69", "42"),
        (
            facts.Moved("69", "job", 6_120, 341, 298),
            facts.Moved("69", "training", 7_004, 51, 12),
            facts.Moved("42", "job", 2_480, 96, 120),
        ),
        (_meeting(week, -4, "L’apprentissage près de chez vous", come=14, absent=4),),
        (_meeting(week, 8, "Les trains du quotidien"),),
        (
            facts.Asked(
                "q1", "Quand la ligne de Roanne aura-t-elle plus de trains ?", None, week.due_at - day
            ),
            facts.Asked(
                "q2", "Où trouver un maître d’apprentissage ?", "Les métiers du bois", week.due_at + day
            ),
        ),
    )


def _coach(week: Week) -> facts.CoachFacts:
    missed = ("absent", "absent", "present")
    return facts.CoachFacts(
        (facts.Cohort("Lyon, mardi soir", 10, 12), facts.Cohort("Roanne, jeudi matin", 6, 12)),
        (_meeting(week, -6, "Instagram pour ma boutique", come=13, absent=3),),
        (_meeting(week, 1, "Vendre en ligne"),),
        (facts.Attended("Fournil des Pentes", "Lyon, mardi soir", missed, week.since),),
    )


def _contractor(week: Week) -> facts.ContractorFacts:
    salary = Reason("/job/salary/minimum", "type", '"1900"', "It must be a number.")
    rome = Reason("/rome_code", "rome_unknown", '"D9999"', "Send a code of ROME 4.0.")
    return facts.ContractorFacts(
        48_478,
        week.due_at,
        (
            facts.Refusal("C-104", (salary, rome), week.today - dt.timedelta(days=1)),
            facts.Refusal("C-098", (rome,), week.since - dt.timedelta(days=9)),
        ),
        ({"type": 4, "rome_unknown": 2}, {"type": 2, "rome_unknown": 1}),
        week.since,
    )


def _press(week: Week) -> facts.PressFacts:
    return facts.PressFacts(
        week.due_at,
        22_759,
        25_719,
        1_204,
        (
            facts.Counted("69", 6_120, 7_004),
            facts.Counted("38", 4_010, 4_300),
            facts.Counted("42", 2_480, 2_900),
        ),
        week.due_at,
        Progress(_STEPS, (Part("69", _STEPS),), ()),
        _HELD,
    )


def _direction(week: Week, rules: Rules) -> facts.DirectionFacts:
    return facts.DirectionFacts(
        week.due_at,
        (
            facts.Reached("firms", TARGET, _STEPS.present, (1_402, 1_480, 1_560)),
            facts.Reached("jobs", JOBS, 22_759, (22_104, 22_480, 22_701)),
            facts.Reached("trainings", TRAININGS, 25_719, (25_650, 25_700, 25_712)),
        ),
        tuple(Level(each, Seen(980, 6 * number)) for number, each in enumerate(rules.objectives)),
        _HELD,
    )
