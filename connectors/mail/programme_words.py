"""The programme's letters, pure: what each tells, as its template wants it, and what comes with it.

Belongs here: facts to letters. Does not: reading facts (connectors/region/programme_letters.py), whether a letter is still to be sent
(programme.py) or the words themselves (letters/programme_*.txt).

Whatever people or staff wrote is one line, without what cannot be seen, and no longer than a line: it can be neither a header nor
a paragraph of its own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from connectors.mail.rendering import words
from connectors.mail.wire import NAME_SHOWN, Calendar, Letter
from connectors.programme_links import Links
from connectors.region.programme_letters import Missed, Person, Placed, Sheet, Unconfirmed
from connectors.region.programme_letters import Coach as Told
from connectors.region.sessions import Session
from connectors.reminding import Part, Reminding
from core import wording
from core.html import printable
from core.invitations import Appointment, Mailbox, invitation, sequence_of, uid_of
from core.reminders import Rule, Transport, moments
from core.wall import wall_of
from schemas.firm import Consent
from schemas.letters import Kind

LONGEST: Final = 160  # characters of what people wrote, as a letter says it
