"""A firm of the programme, a person in it, and what that person agreed to: the frozen records of ``json/registration.v1.json``.

Belongs here: the records, field for field, and their one encoding. Does not: what is right or how it is mended
(core/registrations.py), or how a sheet's words become these (core/seminar_sheets.py).

A firm is an establishment: one record a SIRET (INSEE). Personal data stands in ``PersonDraft`` alone.
"""

from __future__ import annotations

import datetime as dt
from typing import Final, Literal, get_args

import msgspec

Headcount = Literal["0", "1-2", "3-5", "6-9", "10-19", "20-49", "50-249"]
"""Employees, in INSEE's bands (tranches d'effectifs), cut where a firm is no longer small or medium."""
HEADCOUNTS: Final[tuple[Headcount, ...]] = get_args(Headcount)
Purpose = Literal["sessions", "follow_up", "invitations"]
"""What a person may be written to for.

sessions: confirmations and reminders of sessions that they registered for. follow_up: satisfaction and outcomes. invitations:
news of other sessions.
"""
Transport = Literal["mail", "sms"]
Level = Literal["beginner", "intermediate", "advanced"]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat"]
Part = Literal["morning", "afternoon", "evening"]
DAYS: Final[tuple[Day, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat")
PARTS: Final[tuple[Part, ...]] = ("morning", "afternoon", "evening")
SLOTS: Final = tuple(f"{day}-{part}" for day in DAYS for part in PARTS)
"""When somebody can come: ``tue-evening``."""


class FirmDraft(msgspec.Struct, frozen=True, omit_defaults=True):
    """A firm as somebody tells it. ``naf`` is like ``47.11B``; ``commune`` is an INSEE code, ``city`` its official name when known."""

    siret: str
    name: str
    naf: str | None = None
    headcount: Headcount | None = None
    commune: str | None = None
    postal_code: str | None = None
    city: str | None = None


class PersonDraft(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody of a firm, or a resident, who may leave the ``name`` empty. ``phone`` is E.164. At least one of it and ``email`` is known."""

    name: str
    email: str | None = None
    phone: str | None = None
    role: str | None = None


class Consent(msgspec.Struct, frozen=True, order=True):
    """One purpose that a person may be written to for, by one transport."""

    purpose: Purpose
    transport: Transport


class Registration(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one person told of their firm and themselves, and agreed to.

    ``told_at`` is when, with an offset: the proof of each consent, together with ``origin``, which says where and how.
    ``session`` is the reference of the session that they register for. ``availability`` is made of ``SLOTS``.
    """

    firm: FirmDraft
    person: PersonDraft
    told_at: dt.datetime
    origin: str
    consents: tuple[Consent, ...] = ()
    level: Level | None = None
    availability: tuple[str, ...] = ()
    session: str | None = None


_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(Registration)


def encode(registration: Registration) -> bytes:
    """The registration as JSON."""
    return _encoder.encode(registration)


def decode(content: bytes | str) -> Registration:
    """Read back what ``encode`` wrote.

    Raises:
        msgspec.ValidationError: the content is no registration.

    """
    return _decoder.decode(content)
