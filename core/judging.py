"""Judging a reminder that is due: whether it is still true, wanted, allowed and in time; and by which transport it reaches somebody.

Belongs here: the verdict, from facts that are arguments. Does not: when a reminder is due (core/reminders.py), or what is sent of
several (core/catch_up.py).

A reminder is judged twice by the same rule: when it is due, and again when its letter is about to leave.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Literal

import msgspec

from core.reminders import Audience, Purpose, Rule, Transport

State = Literal["go", "wait", "void", "expired", "refused", "unreachable"]
Attendance = Literal["registered", "waiting", "left", "present", "absent"]


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a reminder and of whom it is for.

    ``version`` is the session's that it was made for, ``current`` the session's now. ``missed_before``: they missed the session
    before this one, too; ``ever_came``: somebody of the firm once came. ``consents``: (purpose, transport) that hold;
    ``addresses``: transports that there is a working address for; ``tried``: those that refused this reminder.
    """

    until: dt.datetime
    version: int
    current: int
    cancelled: bool
    attendance: Attendance
    missed_before: bool
    ever_came: bool
    consents: Collection[tuple[Purpose, Transport]]
    addresses: Collection[Transport]
    tried: Collection[Transport] = ()


class Verdict(msgspec.Struct, frozen=True):
    """``go`` by one of ``transports``, the best first; ``wait`` until it is known who came; else the end of it, and ``why``."""

    state: State
    why: str = ""
    transports: tuple[Transport, ...] = ()


def judge(rule: Rule | None, facts: Facts, now: dt.datetime) -> Verdict:
    """What is to become of a reminder at ``now``. ``rule`` is None when there is no such rule any more.

    Nothing is sent from ``until`` on; what is untrue ends as void whenever that is seen, too late or not.
    """
    if rule is None:
        return Verdict("void", "there is no such rule any more")
    if void := _untrue(facts) or _not_theirs(rule.audience, facts):
        return Verdict("void", void)
    if now >= facts.until:
        return Verdict("expired", f"it was not sent before {facts.until:%Y-%m-%d %H:%M} UTC")
    if facts.attendance == "registered" and rule.audience != "registered":
        return Verdict("wait")
    return _reach(rule, facts)


def _untrue(facts: Facts) -> str:
    if facts.cancelled:
        return "the session is cancelled"
    if facts.version != facts.current:
        return "the session is at another time or place"
    if facts.attendance in {"left", "waiting"}:
        return "they do not take part any more"
    return ""


def _not_theirs(audience: Audience, facts: Facts) -> str:
    match audience, facts.attendance:
        case ("registered", _) | (_, "registered"):
            return ""
        case "present", "absent":
            return "they were absent"
        case (("absent" | "absent_twice" | "never_came"), "present"):
            return "they came"
        case "absent_twice", _ if not facts.missed_before:
            return "it was their first absence"
        case "never_came", _ if facts.ever_came:
            return "somebody of the firm has come"
    return ""


def _reach(rule: Rule, facts: Facts) -> Verdict:
    allowed = [each for each in rule.transports if (rule.purpose, each) in facts.consents]
    if not allowed:
        return Verdict("refused", f"no consent covers {rule.purpose} by {' or '.join(rule.transports)}")
    able = [each for each in allowed if each in facts.addresses and each not in facts.tried]
    if not able:
        return Verdict("unreachable", "no address of theirs works")
    return Verdict("go", transports=tuple(able))


def carrier(verdict: Verdict, *, alone: bool) -> Transport:
    """The transport that carries a reminder which may go: its first when it goes alone, mail among others, for an SMS has no room."""
    return verdict.transports[0] if alone or "mail" not in verdict.transports else "mail"
