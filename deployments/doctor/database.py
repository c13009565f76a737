"""The Region's database: there, safe, of the right version, and with our time.

Belongs here: its checks. Does not: asking it (connectors/region).
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from connectors.region.access import act_owner, acts
from connectors.region.database import OLDEST, Region
from connectors.region.upkeep.condition import Condition, condition, needed
from deployments.doctor.examining import Case, Check, Finding, bad, good, unasked, warning

ANSWERS: Final = "database"
SKEW: Final = dt.timedelta(seconds=10)  # between two clocks: reminders and leases are counted in minutes


def answers(case: Case) -> Finding:
    """It answers, is not too old, and has our time."""
    if case.region is None:
        return bad(
            "BOOSTEZ_DATABASE_URL is not set, and no stack is running here",
            "`boostez up`, or set BOOSTEZ_DATABASE_URL.",
        )
    before = case.now()
    found = condition(case.region)
    if found.server < OLDEST:
        return bad(
            f"PostgreSQL {found.server}", f"Move to PostgreSQL {OLDEST} or newer: docs/runbook/restore.md"
        )
    clock = skew(before, found.now, case.now())
    return clock if clock.verdict == "bad" else good(f"PostgreSQL {found.server}; {clock.seen}")


def safe(case: Case) -> Finding:
    """It keeps what it confirms: fsync, synchronous_commit and the others of ``check_server``."""
    _region(case).check_server()
    return good("fsync and synchronous_commit are on, it takes writes, in UTF-8")


def migrated(case: Case) -> Finding:
    """Its tables are those of this code."""
    found = _found(case)
    if found.is_current:
        return good(f"version {found.version}")
    return bad(f"version {found.version or 'none'}, this code needs {needed()}", "`boostez db upgrade`")


def extended(case: Case) -> Finding:
    """Its extensions are there."""
    if missing := _found(case).missing:
        wanted = "; ".join(f"CREATE EXTENSION {name}" for name in missing)
        return bad(f"missing: {', '.join(missing)}", f"As the database's owner: {wanted};")
    return good("unaccent")


def noted(case: Case) -> Finding:
    """The log of acts is what was written, and our own role cannot edit it."""
    verdict = acts.verified(_region(case))
    if verdict.faults:
        return bad(f"the log of acts was edited: {verdict.faults[0]}", "docs/runbook/access.md")
    if todo := act_owner.missing(_region(case)):
        return warning(
            "our own role owns the log of acts", f"An administrator runs, in this database: {todo}"
        )
    return good(f"{verdict.rows} acts, each follows the one before")


def beats(case: Case) -> Finding:
    """A schedule ran of late, all the way to the database."""
    at = _found(case).heartbeat_at
    if at is None:
        return unasked(
            "no heartbeat was ever noted: the deployment `heartbeat` has never run by its schedule"
        )
    age = case.now() - at
    told = f"the last at {at:%Y-%m-%d %H:%M:%S} UTC"
    if age > dt.timedelta(minutes=case.settings.watchdog_minutes):
        return bad(told, "docs/runbook/hub-silent.md")
    return good(told)


def skew(before: dt.datetime, theirs: dt.datetime | None, after: dt.datetime, unit: float = 0.0) -> Finding:
    """Their clock against ours, which was read before and after theirs; ``unit`` seconds is as fine as theirs is told."""
    if theirs is None:
        return unasked("it does not tell its time")
    early = before - theirs - dt.timedelta(seconds=unit)
    late = theirs - after
    if max(early, late) <= SKEW:
        return good("their clock is ours")
    side = (
        f"{late.total_seconds():,.0f} s ahead of"
        if late > early
        else f"{early.total_seconds():,.0f} s behind"
    )
    return bad(f"their clock is {side} ours", "Have both machines keep time by NTP (`timedatectl`).")


def _region(case: Case) -> Region:
    assert case.region is not None
    return case.region


def _found(case: Case) -> Condition:
    return condition(_region(case))


CHECKS: Final = (
    Check(ANSWERS, answers, "Start it, or mend BOOSTEZ_DATABASE_URL."),
    Check("database keeps what it confirms", safe, "docs/runbook/restore.md", (ANSWERS,)),
    Check("tables", migrated, "", (ANSWERS,)),
    Check("extensions", extended, "", (ANSWERS,)),
    Check("log of acts", noted, "", (ANSWERS, "tables")),
    Check("heartbeat", beats, "", (ANSWERS, "tables")),
)
