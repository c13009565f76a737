"""The one tree of errors, by what the reader should do next.

Belongs here: errors that cross a room's border. Does not: errors that are caught in the file that raises them.

    BoostezError
    ├── Rejected        the input is bad: keep it, go on with the next
    ├── RetryLater      the outside system is busy or away: the same call may work at a known time
    │   └── Unreachable nobody answered after every allowed try
    ├── Unknown         a write may or may not have happened: look it up, never send it again blindly
    ├── Permanent       the same call can never work: tell a person
    │   └── Misconfigured  a setting is wrong: the message names it
    └── Refused         a guard stopped a plan: carries the numbers and the way out
"""

from __future__ import annotations


class BoostezError(Exception):
    """Any error that Boostez raises on purpose."""


class Rejected(BoostezError):
    """Bad input: keep it aside with the reason and go on."""


class RetryLater(BoostezError):
    """The outside system asks for time.

    ``after`` is in seconds, as the system itself said, or a default when it did not.
    """

    def __init__(self, message: str, *, after: float = 1.0) -> None:
        super().__init__(message)
        self.after = after


class Unreachable(RetryLater):
    """Every allowed try failed; a later run may succeed."""


class Unknown(BoostezError):
    """A write has no trustworthy receipt: it must be looked up by its marker."""


class Permanent(BoostezError):
    """The same call can never work; a person must act. The message says who and how."""


class Misconfigured(Permanent):
    """A setting is missing or wrong; the message names it."""


class Refused(BoostezError):
    """A guard stopped a plan. The message carries the numbers and the way out."""
