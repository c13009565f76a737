"""Weekly digests: planning what is due, asking a person before a role's first, reading one before it leaves.

Belongs here: each step on its own. Does not: their order (flows/digests.py), statements (connectors/region/digests), words
(connectors/mail/letters/digests).

Every step follows from rows, so a crash between two of them loses nothing: the next run does the rest.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping
from textwrap import wrap
from typing import Any, Final

import msgspec
from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE
from pydantic import SecretStr

from connectors import digesting
from connectors.digest_rules import digest_rules
from connectors.mail.digest_words import digest_letter, form_of
from connectors.mail.digests import told_to
from connectors.mail.wire import Letter
from connectors.region.database import Region
from connectors.region.digests import approvals, editions
from connectors.region.digests.approvals import Approval, Proof
from connectors.region.digests.editions import Outcome
from connectors.registry import objectives
from connectors.seals import Seals
from connectors.settings import Settings
from core.digests.rules import Reader
from core.digests.weeks import latest
from core.folding import fold
from schemas.errors import Misconfigured
from schemas.letters import ROLES, Role
from tasks import forms

APPROVE: Final = "approve-digest/approve-digest"  # the deployment whose run shows the form
NOTHING: Final = "This one has nothing to say this week, and would not be sent."
NAMED: Final = 20  # readers that a form names
WIDTH: Final = 54  # characters of a line in a form


class Planned(msgspec.Struct, frozen=True):
    """What came of a role's digest, and how many letters of it are new."""

    week: str
    outcome: Outcome
    letters: int


class Preview(msgspec.Struct, frozen=True):
    """A digest as it would leave now; ``leaves``: it has something to say, or else it is not sent."""

    letter: Letter
    leaves: bool


def proof_of(settings: Settings, role: Role) -> Proof:
    """What a person approves of: the role's words, and the readers of the reviewed file.

    Raises:
        Misconfigured: the file of digests does not fit its schema, or makes no sense.

    """
    readers = digest_rules(settings.digests_file)[role].readers
    return Proof(form_of(role), tuple(sorted(each.key for each in readers)))


@task(name="plan-digests", retries=0, cache_policy=NO_CACHE)
def plan_digests(region: Region, settings: Settings, now: dt.datetime) -> dict[Role, Planned]:
    """Make each edition that is due, and put its letters in the ledger, once.

    Raises:
        Misconfigured: the file of digests does not fit its schema, or makes no sense.

    """
    told: dict[Role, Planned] = {}
    for role in ROLES:
        told[role] = planned = _planned(region, settings, role, now)
        if planned.outcome == "expired":
            get_run_logger().warning(
                "The digest of %s for %s was not sent: it was due more than three days ago",
                role,
                planned.week,
            )
    return told


def _planned(region: Region, settings: Settings, role: Role, now: dt.datetime) -> Planned:
    rule = digest_rules(settings.digests_file)[role]
    week = latest(rule.slot, now)
    figures = {} if editions.find(region, role, week.name) else digesting.figures_of(region, role)
    outcome, letters = editions.plan(region, role, rule, week, proof_of(settings, role), figures, now)
    return Planned(week.name, outcome, letters)


@task(name="ask-for-digests", retries=0, cache_policy=NO_CACHE)
def ask_for_digests(region: Region) -> list[Role]:
    """Have a person decide on each digest that waits: one form each, also when this is done twice. End forms that are decided on."""
    forms.end(APPROVE, lambda parameters: _over(region, parameters))
    return [each.role for each in approvals.waiting(region) if each.flow_run is None and _ask(region, each)]


def _ask(region: Region, approval: Approval) -> bool:
    key = f"digest-{approval.id}-{approval.raised_at.isoformat()}"
    otherwise = f"`boostez digest preview {approval.role}`, then `boostez digest approve {approval.role}`"
    run = forms.show(APPROVE, {"approval": approval.id}, "digests", key=key, otherwise=otherwise)
    if run:
        approvals.shown_by(region, approval.id, run)
    return run is not None


def _over(region: Region, parameters: Mapping[str, Any]) -> str | None:
    """Why nobody needs to decide on it any more."""
    try:
        found = approvals.get(region, parameters["approval"])
    except Misconfigured:
        return "What it asked for is gone."
    return None if found.state == "waiting" else f"The digest of {found.role}: {found.state} elsewhere."


def previewed(
    region: Region, settings: Settings, role: Role, reader: Reader | None, now: dt.datetime
) -> Preview:
    """The newest digest as it would leave now. Its links open nothing: they are sealed with a secret that nobody has.

    Without a reader it is the first one's, by name, or that of nobody where the reviewed file names none.

    Raises:
        Misconfigured: the role has no reader whose digest could be shown.

    """
    rules = digest_rules(settings.digests_file)
    found = digesting.readers_of(region, rules, role)
    shown = reader or next(iter(found), None) or _nobody(role)
    week = latest(rules[role].slot, now)
    facts = digesting.facts_for(region, objectives(settings), role, shown.key, week, now)
    if facts is None:
        raise Misconfigured(f"{shown.name} has no digest of {role} any more.")
    nobodys = settings.model_copy(update={"portal_secret": SecretStr(secrets.token_urlsafe(32))})
    told = told_to(settings, Seals(nobodys), role, shown, week, now)
    return Preview(digest_letter(told, facts), not facts.empty)


def _nobody(role: Role) -> Reader:
    if role in {"officials", "coaches"}:
        raise Misconfigured(f"There are no {role}: nobody would have this digest.")
    return Reader("example", "Prénom Nom", "prenom.nom@example.org")


def named(region: Region, settings: Settings, role: Role, whom: str) -> Reader:
    """The reader of a role whose name or address that is.

    Raises:
        Misconfigured: there is none, or several have that name; the message says who there are.

    """
    found = digesting.readers_of(region, digest_rules(settings.digests_file), role)
    wanted = fold(" ".join(whom.split()))
    meant = [each for each in found if wanted in {fold(each.name), fold(each.email)}]
    if len(meant) != 1:
        names = ", ".join(each.name for each in found[:NAMED]) or "nobody"
        raise Misconfigured(
            f"{len(meant)} readers of {role} are {whom!r}: give the name or the address of one of {names}."
        )
    return meant[0]


def form_words(region: Region, settings: Settings, role: Role, now: dt.datetime) -> str:
    """What a person reads before they approve: who would have it, and the letter as text. No address is in it."""
    found = digesting.readers_of(region, digest_rules(settings.digests_file), role)
    names = ", ".join(each.name for each in found[:NAMED]) or "nobody yet"
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    try:
        shown = previewed(region, settings, role, None, now)
        nothing = "" if shown.leaves else f"{NOTHING}\n\n"
        told = _wrapped(f"{nothing}Subject: {shown.letter.subject}\n\n{shown.letter.text}").replace(
            "```", "'''"
        )
    except Misconfigured as nobody:
        told = str(nobody)
    return (
        f"The weekly digest of {role} would go to {len(found)}: {names}{more}. It is asked for once for these words and these "
        f"readers. As HTML: `boostez digest preview {role} --html digest.html`.\n\n```\n{told}\n```"
    )


def _wrapped(text: str) -> str:
    """Lines that fit into Prefect's form, which breaks none of a block."""
    lines = (wrap(line, WIDTH, subsequent_indent="  ", break_long_words=False) for line in text.splitlines())
    return "\n".join("\n".join(line) for line in lines)
