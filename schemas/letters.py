"""What an effect on a messenger says: which letter, about what. It holds no address, no name and no link.

Belongs here: the contents of once-only effects, whatever carries them. Does not: reading what a letter tells when it is sent
(connectors/region), or its words (connectors/mail, connectors/sms).
"""

from __future__ import annotations

from typing import Final, Literal, get_args

import msgspec

from schemas.coverage import Giver

Kind = Literal[
    "confirm",
    "registered",
    "waiting",
    "promoted",
    "moved",
    "cancelled",
    "left",
    "reminder",
    "untold",
    "sheet",
    "cohort",
    "finished",
    "outcome",
    "bounced",
]

Named = Literal["registration", "enrolment", "contact", "coach", "session"]
NAMED: Final[dict[Kind, Named]] = {
    "confirm": "registration",
    "registered": "enrolment",
    "waiting": "enrolment",
    "promoted": "enrolment",
    "moved": "enrolment",
    "cancelled": "enrolment",
    "left": "enrolment",
    "reminder": "contact",
    "untold": "coach",
    "sheet": "session",
    "cohort": "contact",
    "finished": "contact",
    "outcome": "enrolment",
    "bounced": "coach",
}
"""What ``of`` of a letter of that kind is the number of; of a session it is the coach who is written to."""


PostingKind = Literal["confirm", "approved", "refused"]


class PostingLetter(msgspec.Struct, frozen=True, tag_field="about", tag="posting"):
    """One letter to the firm that posted an offer, about one text of it."""

    kind: PostingKind
    posting: int
    revision: int


class PostingAddressee(msgspec.Struct, frozen=True):
    """Who such a letter goes to and what it tells, read when it is sent and kept nowhere. ``key`` is the offer's public one."""

    address: str
    ref: str
    key: str
    title: str
    reason: str | None


class ProgrammeLetter(msgspec.Struct, frozen=True, tag_field="about", tag="programme", omit_defaults=True):
    """One letter to one person.

    ``of`` is the number of what it is about: a registration (confirm), an enrolment, a contact (reminder), a coach (untold, bounced),
    or a session (sheet). ``version`` is the session's that was to be told, ``turn`` the enrolment's. ``reminders`` are told of, or told
    not to have been sent. ``subject`` is the effect's own (reminder): it tells only of those that name that effect. ``people`` are
    contacts whose address takes no letters any more (bounced). Of a cohort (cohort, finished) ``of`` is the contact and ``version`` the
    cohort; of an outcome, which is asked of an enrolment, it is 3 or 6: how many months have passed.
    """

    kind: Kind
    of: int
    version: int = 0
    turn: int = 0
    reminders: tuple[int, ...] = ()
    subject: str = ""
    people: tuple[int, ...] = ()


Host = Literal["official", "moderator"]
DialogueKind = Literal["invited", "moved", "cancelled", "replaced", "before", "due"]


class DialogueLetter(msgspec.Struct, frozen=True, tag_field="about", tag="dialogue_host"):
    """One letter to who holds a dialogue, the official or the moderator of that number, about one version of it.

    ``invited``: they hold it. ``moved``, ``cancelled``: as residents are told. ``replaced``: somebody else holds it. ``before``: it is
    about to begin, and they say that they are there. ``due``: minutes and answers are waited for, ``days`` after it.
    """

    kind: DialogueKind
    dialogue: int
    version: int
    host: Host
    of: int
    days: int = 0


QuestionKind = Literal[
    "confirm_follow", "confirm_question", "confirm_watch", "published", "refused", "merged", "answered"
]


class QuestionLetter(msgspec.Struct, frozen=True, tag_field="about", tag="question", omit_defaults=True):
    """One letter to a resident who asked, or wants to know.

    ``of`` is the number of what they asked for, which they are to confirm, or else of the question; then ``contact`` is theirs.
    """

    kind: QuestionKind
    of: int
    contact: int = 0


CoverageKind = Literal["asked", "withdrawn"]


class CoverageLetter(msgspec.Struct, frozen=True, tag_field="about", tag="coverage", omit_defaults=True):
    """One letter to a student who may be shown, or to their legal guardian.

    ``asked``: whether they agree, for the ``event`` of that number. ``withdrawn``: what they agreed to has ended.
    """

    kind: CoverageKind
    student: int
    giver: Giver
    event: int = 0


Role = Literal["officials", "coaches", "contractor", "press", "direction"]
"""Who has a weekly digest: officials of their territory, coaches of their cohorts, the contractor of what was refused, the press office
of figures, the direction of targets and spend."""
ROLES: Final[tuple[Role, ...]] = get_args(Role)


class DigestLetter(msgspec.Struct, frozen=True, tag_field="about", tag="digest", omit_defaults=True):
    """One weekly digest to one person.

    ``reader`` is the number of an official or a coach, or else the hash of an address (core/digests/rules.py). ``week`` is ISO's,
    « 2026-W49 ». ``again`` numbers what somebody had sent by hand; ``had``: its reader has had that week's.
    """

    role: Role
    reader: str
    week: str
    again: int = 0
    had: bool = False
