"""Settings: whether what is set is heard, fits together, and is no secret that everybody knows.

Belongs here: checks that ask nobody. Does not: whether an outside system agrees (outside.py).
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pydantic import SecretStr

from connectors.access_rules import access_rules
from connectors.alert_rules import addresses
from connectors.dialogue_rules import dialogue_rules
from connectors.digest_rules import digest_rules
from connectors.network import is_this_machine
from connectors.registry import ANNOUNCERS, objectives, policies
from connectors.reminder_rules import reminder_rules
from connectors.settings import PREFIX, Settings
from deployments.doctor.examining import Case, Check, Finding, bad, good, warning

SHORT: Final = 16  # characters: a secret of fewer can be tried out
_ELSEWHERE: Final = ("ROOT", "SECRETS_DIR", "TEST_", "WORLD_", "BROWSER_")  # no settings, or of our tests
_OPENS: Final[dict[str, Callable[[Settings], str]]] = {  # a secret, and what it opens
    "contractor_client_secret": lambda chosen: chosen.contractor,
    "facebook_token": lambda chosen: chosen.graph,
    "facebook_app_secret": lambda chosen: chosen.graph,
    "portal_secret": lambda chosen: chosen.public_url,
}


def names(case: Case) -> Finding:
    """A name with a typo is heard by nobody."""
    known = [f"{PREFIX}{field.upper()}" for field in Settings.model_fields]
    unknown = sorted(
        name
        for name in case.environment
        if name.startswith(PREFIX)
        and name not in known
        and not name.removeprefix(PREFIX).startswith(_ELSEWHERE)
    )
    if not unknown:
        return good(f"{sum(name in case.environment for name in known)} set, all known")
    near = {name: difflib.get_close_matches(name, known, 1) for name in unknown}
    told = "; ".join(f"{name}{f' (is it {found[0]}?)' if found else ''}" for name, found in near.items())
    if any(near.values()):
        return bad(f"set and heard by nobody: {told}", "Write the name as README.md, Settings, has it.")
    return warning(
        f"set and heard by nobody: {told}", "Take it away, or write it as README.md, Settings, has it."
    )


def secrets(case: Case) -> Finding:
    """What the sandbox knows opens nothing that is real, and what is chosen cannot be guessed."""
    chosen = case.settings
    real = {
        name: given
        for name, opened in _OPENS.items()
        if (given := getattr(chosen, name)) is not None and not _is_here(opened(chosen))
    }
    default = [name for name, given in real.items() if given == Settings.model_fields[name].default]
    short = [name for name, given in real.items() if len(given.get_secret_value()) < SHORT]
    if default:
        told = ", ".join(f"{PREFIX}{name.upper()}" for name in default)
        return bad(f"the sandbox's secret for a real system: {told}", f"Set {told}.")
    if short:
        told = ", ".join(f"{PREFIX}{name.upper()}" for name in short)
        return bad(
            f"fewer than {SHORT} characters: {told}", "Have a longer one made: `openssl rand -base64 32`."
        )
    return good("none that opens something real is a default or short")


def stand_ins(case: Case) -> Finding:
    """A sandbox that residents are sent to, or a real token that is sent to a sandbox."""
    chosen = case.settings
    standing = list(_standing(chosen))
    token = chosen.facebook_token != Settings.model_fields["facebook_token"].default
    if token and "FACEBOOK_GRAPH_URL" in standing:
        return bad(
            "a real BOOSTEZ_FACEBOOK_TOKEN, and BOOSTEZ_FACEBOOK_GRAPH_URL is the sandbox",
            "Set BOOSTEZ_FACEBOOK_GRAPH_URL=https://graph.facebook.com, and renew the token: the sandbox has seen it.",
        )
    if standing and not _is_here(chosen.public_url):
        told = ", ".join(f"{PREFIX}{name}" for name in standing)
        return bad(f"the portal is public, and the sandbox stands in for: {told}", f"Set {told}.")
    return good("the sandbox stands in for " + (", ".join(standing) or "nothing"))


def files(case: Case) -> Finding:
    """The files that settings name."""
    chosen = case.settings
    missing = [str(place) for place in (chosen.bounces,) if place and not Path(place).is_dir()]
    if missing:
        return bad(f"BOOSTEZ_BOUNCES is no folder: {missing[0]}", "docs/runbook/letters-come-back.md")
    if not case.home.is_dir():
        return bad(f"BOOSTEZ_HOME is no folder: {case.home}", "Make it, or set BOOSTEZ_HOME.")
    return good(str(case.home))


def reviewed(case: Case) -> Finding:
    """The rules: each file fits its schema and makes sense, and addresses of alerts are those of destinations."""
    chosen = case.settings
    policies(chosen.channels_file)
    reminder_rules(chosen.reminders_file)
    dialogue_rules(chosen.dialogue_file, frozenset(ANNOUNCERS))
    objectives(chosen)
    digest_rules(chosen.digests_file)
    addresses(chosen)
    access_rules(chosen.access_file)
    return good("channels, reminders, dialogues, service levels, digests, alerts, access")


def _standing(chosen: Settings) -> Iterator[str]:
    """What the sandbox stands in for: neither the contractor nor Graph is on this machine. A mail relay may be."""
    ports = {chosen.sandbox_port}
    for name, url in (("CONTRACTOR_URL", chosen.contractor), ("FACEBOOK_GRAPH_URL", chosen.graph)):
        if _is_here(url):
            ports.add(urlsplit(url).port or 0)
            yield name
    mailboxes = {port + 1 for port in ports}
    others = [("SMTP_URL", chosen.smtp_url), ("SMS_URL", chosen.sms_url)]
    others += [("OIDC_ISSUER", SecretStr(chosen.oidc_issuer or ""))]
    others += [("ALERT_URLS", address) for address in chosen.alert_urls]
    for name, address in others:
        url = address.get_secret_value() if address else ""
        if _is_here(url) and urlsplit(url).port in ports | mailboxes:
            yield name


def _is_here(url: str) -> bool:
    return is_this_machine(urlsplit(url).hostname or "")


CHECKS: Final = (
    Check("names of settings", names),
    Check("secrets", secrets),
    Check("stand-ins", stand_ins),
    Check("files of settings", files),
    Check("reviewed files", reviewed, "Mend the file, or take the one from the repository."),
)
