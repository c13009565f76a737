"""A check, what it finds, and a round of all of them.

Belongs here: the order, the time that each has, and that one never hides another. Does not: any check.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import copy_context
from pathlib import Path
from threading import Thread
from typing import Final, Literal

import msgspec

from connectors.redaction import hidden
from connectors.region.database import Region
from connectors.settings import Settings
from schemas.errors import BoostezError

Verdict = Literal["good", "warning", "bad", "not asked"]
SECONDS: Final = 30.0  # that one check has; some take three on an idle machine


class Case(msgspec.Struct, frozen=True):
    """What is examined. ``prefect``: the API of its server; ``now``: our clock; ``least``: bytes that a disk must have free."""

    settings: Settings
    environment: Mapping[str, str]
    region: Region | None
    prefect: str | None
    prefect_auth: str | None
    now: Callable[[], dt.datetime]
    least: int = 2_000_000_000

    @property
    def home(self) -> Path:
        """The state folder."""
        return self.settings.home.resolve()


class Finding(msgspec.Struct, frozen=True):
    """What a check found: ``seen`` is what there is, ``todo`` a command or a page of the runbook, empty when nothing is to be done."""

    verdict: Verdict
    seen: str
    todo: str = ""


class Result(msgspec.Struct, frozen=True):
    """A finding, with the check's name."""

    name: str
    verdict: Verdict
    seen: str
    todo: str = ""


class Check(msgspec.Struct, frozen=True):
    """``look`` may raise BoostezError: that is bad, and ``todo`` what to do. It is asked when all of ``after`` are not bad."""

    name: str
    look: Callable[[Case], Finding]
    todo: str = ""
    after: tuple[str, ...] = ()


def good(seen: str) -> Finding:
    """All is well."""
    return Finding("good", seen)


def warning(seen: str, todo: str) -> Finding:
    """It works, and somebody should see to it."""
    return Finding("warning", seen, todo)


def bad(seen: str, todo: str) -> Finding:
    """It does not work, or will soon not."""
    return Finding("bad", seen, todo)


def unasked(why: str) -> Finding:
    """There is nothing to ask."""
    return Finding("not asked", why)


def examine(
    checks: Sequence[Check],
    case: Case,
    *,
    already: Iterable[Result] = (),
    seconds: float = SECONDS,
) -> list[Result]:
    """Every check's result, in the order of ``checks``; those that wait for nobody run together."""
    results = {result.name: result for result in already}
    waiting = [check for check in checks if check.name not in results]
    while waiting:
        ready = [check for check in waiting if results.keys() >= set(check.after)]
        if not ready:
            raise ValueError(f"checks that wait for each other, or for none: {[c.name for c in waiting]}")
        asked = [check for check in ready if not _blocked(check, results)]
        results |= {
            check.name: Result(check.name, "not asked", f"{blocked} comes first")
            for check in ready
            if (blocked := _blocked(check, results))
        }
        results |= _together(asked, case, seconds)
        waiting = [check for check in waiting if check.name not in results]
    return [results[check.name] for check in checks]


def _blocked(check: Check, results: Mapping[str, Result]) -> str | None:
    return next((name for name in check.after if results[name].verdict in {"bad", "not asked"}), None)


def _together(checks: Sequence[Check], case: Case, seconds: float) -> dict[str, Result]:
    """Each in a thread of its own, which nobody waits for longer than it may take."""
    found: dict[str, Result] = {}
    threads = [
        Thread(target=copy_context().run, args=(_look, check, case, found), daemon=True) for check in checks
    ]
    end = time.monotonic() + seconds
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    late = f"no answer in {seconds:.0f} s"
    return {c.name: found.get(c.name) or Result(c.name, "bad", late, c.todo) for c in checks}


def _look(check: Check, case: Case, found: dict[str, Result]) -> None:
    try:
        told = check.look(case)
    except BoostezError as error:
        told = bad(str(error), "")
    except Exception as error:  # noqa: BLE001 - whatever it is, the others are still to be told
        told = bad(f"{type(error).__name__}: {error}", "")
    todo = told.todo or (check.todo if told.verdict in {"bad", "warning"} else "")
    found[check.name] = Result(check.name, told.verdict, hidden(told.seen), hidden(todo))
