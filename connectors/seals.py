"""Signed words: what the portal gave somebody, and knows again.

Belongs here: the secret, links by purpose, the seal of a form. Does not: what a link lets its holder do
(portal/posting.py) or when a posting ends (region/offers/postings.py).

Each purpose has a salt of its own, so a link for one thing opens no other. Time is an argument, in UTC.

A text message has no room for a seal, so for what one of those may name there is a short address, which the portal answers with the
sealed one: it says a kind, a number and 60 bits of a keyed hash, and is good for ever.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import os
import re
import secrets
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from itsdangerous import BadData, URLSafeSerializer

from connectors.redaction import hide
from connectors.settings import Settings
from schemas.errors import Misconfigured

Opener = Literal[
    "confirm",
    "manage",
    "registration",
    "place",
    "preferences",
    "unsubscribe",
    "attend",
    "room",
    "sheet",
    "satisfaction",
    "outcome",
    "attestation",
    "verify",
    "ask",
    "question",
    "unwatch",
    "moderator",
    "media",
    "alert",
    "digest",
]
Purpose = Literal["form", "origin"] | Opener
CONFIRM_WITHIN: Final = dt.timedelta(hours=48)
ALERT_WITHIN: Final = dt.timedelta(days=30)
FORM_WITHIN: Final = dt.timedelta(hours=12)
LONGEST: Final = 300  # characters of a seal; ours have about 100
_PATHS: Final[dict[Opener, str]] = {
    "confirm": "/deposer/confirmer",
    "manage": "/deposer/suivi",
    "registration": "/inscription/confirmer",  # a registration's reference
    "place": "/inscription/suivi",  # an enrolment's number
    "preferences": "/preferences",  # a contact's number
    "unsubscribe": "/desabonnement",  # contact.purpose.transport
    "attend": "/presence",  # an enrolment's number
    "room": "/presence/salle",  # a session's reference: the code on the wall
    "sheet": "/emargement",  # a session's reference and a coach's number, between them a dot
    "satisfaction": "/avis",  # an enrolment's number
    "outcome": "/bilan",  # an enrolment's number and "outcome_3" or "outcome_6", between them a dot
    "attestation": "/attestation",  # an enrolment's number: of it, or of its whole cohort
    "verify": "/attestation/verifier",  # the same: whether one is genuine
    "ask": "/confirmer",  # the reference of what somebody asked for
    "question": "/questions/suivi",  # a question's reference: its author's own page
    "unwatch": "/questions/desabonnement",  # a question's and a contact's number, between them a dot
    "moderator": "/dialogues/moderation",  # a dialogue's reference and a moderator's number, between them a dot
    "media": "/couverture/accord",  # whom media may show, who says so, the event, and a hash of the address that was written to
    "alert": "/alertes",  # an alert's number
    "digest": "/lettres",  # a role and a reader's key, between them a dot
}
SHORT: Final = "/s"
_SHORT: Final[dict[str, tuple[Opener, str]]] = {
    "p": ("place", "{}"),
    "a": ("satisfaction", "{}"),
    "s": ("unsubscribe", "{}.sessions.sms"),
    "f": ("unsubscribe", "{}.follow_up.sms"),
    "i": ("unsubscribe", "{}.invitations.sms"),
}  # the kind of a short address: what it opens, and its word around the number
_CODE: Final = re.compile(r"([a-z])([0-9]{1,18})\.([A-Za-z0-9_-]{10})", re.ASCII)
_LEAST: Final = 16  # characters of a secret


class Seals:
    """What is sealed with the settings' secret."""

    def __init__(self, settings: Settings) -> None:
        """Raises Misconfigured: the secret is too short, or cannot be kept in HOME."""
        self._secret = _secret(settings)
        self._public_url = settings.public_url

    def seal(self, purpose: Purpose, word: str, now: dt.datetime) -> str:
        """A word sealed for a purpose at ``now``; URL-safe."""
        return str(self._serializer(purpose).dumps([word, int(now.timestamp())]))

    def opened(
        self, purpose: Purpose, sealed: str, now: dt.datetime, within: dt.timedelta | None
    ) -> str | None:
        """The word, None when the seal is not ours, of another purpose, or older than ``within``."""
        if len(sealed) > LONGEST:
            return None
        try:
            told: Any = self._serializer(purpose).loads(sealed)
        except BadData:
            return None
        word, at = told
        age = now.timestamp() - at
        if age < -60 or (within is not None and age > within.total_seconds()):
            return None
        return str(word)

    def at(self, purpose: Purpose, sealed: str) -> dt.datetime | None:
        """When it was sealed, to the second; None when the seal is not ours, or of another purpose."""
        if len(sealed) > LONGEST:
            return None
        try:
            _, at = self._serializer(purpose).loads(sealed)
        except BadData:
            return None
        return dt.datetime.fromtimestamp(at, dt.UTC)

    def link(self, purpose: Opener, word: str, now: dt.datetime) -> str:
        """The address that lets its holder do what the purpose says with what the word names."""
        return f"{self._public_url}{_PATHS[purpose]}/{self.seal(purpose, word, now)}"

    def short(self, purpose: Opener, word: str) -> str:
        """The short address of a link, for a text message."""
        for kind, (opener, around) in _SHORT.items():
            before, after = around.split("{}")
            number = word.removeprefix(before).removesuffix(after)
            if opener == purpose and number.isdecimal() and around.format(number) == word:
                return f"{self._public_url}{SHORT}/{kind}{number}.{self._mac(kind, number)}"
        raise AssertionError(f"{purpose} {word!r} has no short address")

    def lengthened(self, code: str, now: dt.datetime) -> str | None:
        """The link that a short address stands for, by what follows ``SHORT``; None when it is none of ours."""
        found = _CODE.fullmatch(code)
        if found is None:
            return None
        kind, number, mac = found.groups()
        if kind not in _SHORT or not hmac.compare_digest(mac, self._mac(kind, number)):
            return None
        purpose, around = _SHORT[kind]
        return self.link(purpose, around.format(number), now)

    def _mac(self, kind: str, number: str) -> str:
        key = hashlib.sha256(f"{self._secret}\nshort".encode()).digest()
        mac = hashlib.blake2b(f"{kind}{number}".encode(), key=key, digest_size=9).digest()
        return base64.urlsafe_b64encode(mac).decode()[:10]

    def origin(self, address: str, now: dt.datetime) -> bytes:
        """A network address as something that can be counted for a day and not be read back: 16 bytes."""
        key = f"{self._secret}\norigin\n{now.date()}".encode()
        return hashlib.blake2b(address.encode(), key=hashlib.sha256(key).digest(), digest_size=16).digest()

    def voter(self, kept: str) -> bytes:
        """What a browser keeps for its votes as something that tells two votes of it and cannot be read back: 16 bytes."""
        key = hashlib.sha256(f"{self._secret}\nvoter".encode()).digest()
        return hashlib.blake2b(kept.encode(), key=key, digest_size=16).digest()

    def _serializer(self, purpose: Purpose) -> URLSafeSerializer:
        return URLSafeSerializer(
            self._secret, salt=f"boostez.{purpose}", signer_kwargs={"digest_method": hashlib.sha256}
        )


def _secret(settings: Settings) -> str:
    given = settings.portal_secret
    secret = _kept(settings.home.resolve() / "portal.secret") if given is None else given.get_secret_value()
    if len(secret) < _LEAST:
        raise Misconfigured(f"BOOSTEZ_PORTAL_SECRET must have {_LEAST} characters or more.")
    hide(secret)
    return secret


@cache
def _kept(file: Path) -> str:
    """The secret of this state folder, made when there is none: whole or not there, its owner's alone."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
            with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as written:
                written.write(secrets.token_urlsafe(32))
            try:
                os.link(draft, file)
            except FileExistsError:
                pass  # another process was quicker: its secret counts
            finally:
                draft.unlink()
        return file.read_text("utf-8").strip()
    except OSError as error:
        raise Misconfigured(
            f"The portal's secret cannot be kept in {file}: {error.strerror}. Set BOOSTEZ_PORTAL_SECRET."
        ) from error
