"""Letters to people whom the hub knows: what has one sent.

Belongs here: putting letters in the ledger, each under a subject that is its own. Does not: when a letter is called for
(sessions/enrolments.py, firms/registrations.py, sessions/reminders.py, questions/asks.py, people/watches.py), or what it tells when it is
sent (cohorts/programme_letters.py, questions/question_letters.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from sqlalchemy import Connection

from connectors.region.ledger import once
from schemas.letters import ProgrammeLetter, QuestionLetter

MAIL: Final = "mail"
SMS: Final = "sms"


def write(
    connection: Connection, letters: Mapping[str, ProgrammeLetter | QuestionLetter], transport: str = MAIL
) -> dict[str, int]:
    """Have each letter sent, once, by subject. Returns the effects of those that are new."""
    return once.plan(
        connection,
        transport,
        {subject: msgspec.json.encode(letter) for subject, letter in letters.items()},
    )
