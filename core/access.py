"""Who may do what on the officers' pages: roles, and what grants them.

Belongs here: roles as values, and which of them somebody has. Does not: the file that grants them (connectors/access_rules.py), signing in
(connectors/oidc), or pages (portal/).

Nobody has a role that nothing grants.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, get_args

import msgspec

Role = Literal["postings", "questions", "operations", "auditor"]
"""postings: decides on what firms post. questions: moderates and answers. operations: takes alerts on. auditor: reads the log of acts."""
ROLES: Final[tuple[Role, ...]] = get_args(Role)


class Rules(msgspec.Struct, frozen=True):
    """The reviewed rules. ``claim`` names the provider's claim, of whose values ``roles`` tells which grant what; ``scopes`` have it said.

    ``ask`` says whom to ask for a role. A session ends ``idle`` after its last request, and ``longest`` after it began.
    """

    claim: str
    ask: str
    scopes: tuple[str, ...]
    roles: Mapping[Role, frozenset[str]]
    idle: dt.timedelta
    longest: dt.timedelta

    @property
    def values(self) -> frozenset[str]:
        """Every value that grants something."""
        return frozenset().union(*self.roles.values())


def granted(rules: Rules, values: Iterable[str]) -> frozenset[Role]:
    """The roles that these values of the claim grant."""
    had = frozenset(values)
    return frozenset(role for role, granting in rules.roles.items() if had & granting)


def claimed(claims: Mapping[str, Any], name: str) -> frozenset[str]:
    """The values of a claim: by its whole name, or by the way to it, ``realm_access.roles``. One that is not there has none."""
    found: Any = claims.get(name)
    if found is None:
        found = claims
        for part in name.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return frozenset({found})
    return (
        frozenset(each for each in found if isinstance(each, str)) if isinstance(found, list) else frozenset()
    )
