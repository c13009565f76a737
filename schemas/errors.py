"""The one tree of errors, by what the reader should do next.

Belongs here: errors that cross a room's border. Does not: errors that are caught in the file that raises them.

    BoostezError
    ├── Rejected        the input is bad: keep it, go on with the next
    ├── RetryLater      the outside system is busy or away: the same call may work at a known time
    │   ├── NotYet      the hub holds the call back itself: a budget that its workers share is used up
    │   └── Unreachable nobody answered after every allowed try
    ├── Unknown         a write may or may not have happened: look it up, never send it again blindly
    ├── Permanent       the same call can never work: tell a person
    │   └── Misconfigured  a setting is wrong: the message names it
    └── Refused         a guard stopped a plan: carries the numbers and the way out
"""

from __future__ import annotations

from typing import Final, Literal

Cause = Literal[
    "token",
    "permission",
    "limit",
    "content",
    "answer",
    "unreachable",
    "lease",
    "lookup",
    "drift",
    "asked",
    "moot",
    "consent",
]
"""What an effect's trouble comes from, in one word: what alerts group by and replays in bulk go by.

token: it expired or is of the wrong kind. permission: withdrawn, or blocked for policy. limit: too many calls. content:
refused for good. answer: no trustworthy one to a write. unreachable: nobody there. lease: too slow for it. lookup: cannot be
looked up. drift: an audit found otherwise. asked: somebody asked for it to be sent again. moot: what a message would tell is
over, or nobody is there to read it. consent: whoever would read it has not agreed to its purpose.
"""

NO_FAILURE: Final = ("moot", "consent")
"""Causes for which nothing was sent as it should be: no trouble to count, and nothing that a replay mends unless it is named."""


class BoostezError(Exception):
    """Any error that Boostez raises on purpose. ``cause`` is told where an effect's trouble is kept by it."""

    def __init__(self, message: str = "", *, cause: Cause | None = None) -> None:
        super().__init__(message)
        self.cause = cause


class Rejected(BoostezError):
    """Bad input: keep it aside with the reason and go on."""


class RetryLater(BoostezError):
    """The outside system asks for time.

    ``after`` is in seconds, as the system itself said, or a default when it did not.
    """

    def __init__(self, message: str, *, after: float = 1.0, cause: Cause | None = None) -> None:
        super().__init__(message, cause=cause)
        self.after = after


class NotYet(RetryLater):
    """It is not this call's turn: nothing was sent, and waiting in place would only hold a worker."""


class Unreachable(RetryLater):
    """Every allowed try failed; a later run may succeed."""

    def __init__(self, message: str, *, after: float = 1.0, cause: Cause | None = "unreachable") -> None:
        super().__init__(message, after=after, cause=cause)


class Unknown(BoostezError):
    """A write has no trustworthy receipt: it must be looked up by its marker."""


class Permanent(BoostezError):
    """The same call can never work; a person must act. The message says who and how."""


class Misconfigured(Permanent):
    """A setting is missing or wrong; the message names it."""


class Refused(BoostezError):
    """A guard stopped a plan. The message carries the numbers and the way out."""
