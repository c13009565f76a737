"""Contacts: the people whom the programme knows, and what they agreed to be written to for.

Belongs here: statements on ``contact`` and ``consent``. Does not: their firm (firms.py), what they take part in (enrolments.py), what
ends by the clock (retention.py).

An address proves nothing about purposes: a letter goes only where a consent of its purpose and transport holds, with its proof.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, text

from connectors.region import reminders
from connectors.region.database import Region
from schemas.firm import Consent, PersonDraft, Purpose, Transport

By = Literal["one-click", "preferences", "erasure", "staff"]


class Contact(msgspec.Struct, frozen=True):
    """A person. ``agreed`` holds now; of an erased one nothing is left but the number."""

    id: int
    firm_id: int | None
    name: str | None
    email: str | None
    phone: str | None
    mail_stopped: str | None
    sms_stopped: str | None
    erased_at: dt.datetime | None
    agreed: frozenset[Consent]


def keep(
    connection: Connection,
    firm: int | None,
    person: PersonDraft,
    availability: Iterable[str],
    origin: str,
    now: dt.datetime,
) -> int:
    """Keep a person of a firm, known by their address (or number, without one) there. Returns their number.

    What they say now counts: they have just said it themselves.
    """
    values = {
        **msgspec.structs.asdict(person),
        "firm": firm,
        "availability": msgspec.json.encode(list(availability)).decode(),
        "origin": origin,
        "now": now,
    }
    known: int | None = connection.execute(
        text(
            "SELECT id FROM contact WHERE firm_id IS NOT DISTINCT FROM :firm AND erased_at IS NULL AND "
            "(lower(email) = lower(:email) OR (:email IS NULL AND phone = :phone)) ORDER BY id LIMIT 1 FOR UPDATE"
        ),
        values,
    ).scalar_one_or_none()
    if known is None:
        number: int = connection.execute(
            text(
                "INSERT INTO contact (firm_id, name, role, email, phone, availability, origin, created_at, seen_at) VALUES "
                "(:firm, :name, :role, :email, :phone, cast(:availability AS jsonb), :origin, :now, :now) RETURNING id"
            ),
            values,
        ).scalar_one()
        return number
    connection.execute(
        text(
            "UPDATE contact SET name = :name, role = coalesce(:role, role), phone = coalesce(:phone, phone), "
            "availability = CASE WHEN cast(:availability AS jsonb) = '[]' THEN availability ELSE cast(:availability AS jsonb) END, "
            "seen_at = :now, mail_stopped = NULL WHERE id = :id"
        ),
        {**values, "id": known},
    )
    return known


def agree(
    connection: Connection,
    contact: int,
    consents: Iterable[Consent],
    proof: Mapping[str, Any],
    now: dt.datetime,
) -> None:
    """Note what a person agrees to, and how that is known. What holds already keeps its first proof."""
    for each in consents:
        connection.execute(
            text(
                "INSERT INTO consent (contact_id, purpose, transport, given_at, proof) VALUES (:contact, :purpose, :transport, "
                ":now, cast(:proof AS jsonb)) ON CONFLICT (contact_id, purpose, transport) WHERE withdrawn_at IS NULL DO NOTHING"
            ),
            {
                "contact": contact,
                "purpose": each.purpose,
                "transport": each.transport,
                "proof": msgspec.json.encode(proof).decode(),
                "now": now,
            },
        )


def withdraw(
    region: Region,
    contact: int,
    by: By,
    now: dt.datetime,
    *,
    purpose: Purpose | None = None,
    transport: Transport | None = None,
) -> int:
    """A person does not want to be written to any more: for one purpose or any, by one transport or any. Twice is once.

    Returns how many consents that ends. Letters that they ask for themselves (a place, a cancellation) are none of it.
    """
    with region.begin() as connection:
        return connection.execute(
            text(
                "UPDATE consent SET withdrawn_at = :now, withdrawn_by = :by WHERE contact_id = :contact AND withdrawn_at IS NULL "
                "AND (cast(:purpose AS text) IS NULL OR purpose = :purpose) "
                "AND (cast(:transport AS text) IS NULL OR transport = :transport)"
            ),
            {"contact": contact, "by": by, "now": now, "purpose": purpose, "transport": transport},
        ).rowcount


def prefer(region: Region, contact: int, wanted: Iterable[Consent], now: dt.datetime) -> None:
    """What a person chose on the page of their preferences: exactly this holds from now on."""
    chosen = set(wanted)
    held = get(region, contact)
    if held is None:
        return
    for each in held.agreed - chosen:
        withdraw(region, contact, "preferences", now, purpose=each.purpose, transport=each.transport)
    with region.begin() as connection:
        agree(connection, contact, chosen, {"how": "preferences"}, now)


def get(region: Region, number: int) -> Contact | None:
    """The person of that number."""
    with region.begin() as connection:
        row = connection.execute(
            text(
                "SELECT c.id, c.firm_id, c.name, c.email, c.phone, c.mail_stopped, c.sms_stopped, c.erased_at, "
                "(SELECT coalesce(jsonb_agg(jsonb_build_array(k.purpose, k.transport)), '[]') FROM consent k "
                "WHERE k.contact_id = c.id AND k.withdrawn_at IS NULL) AS agreed FROM contact c WHERE c.id = :id"
            ),
            {"id": number},
        ).one_or_none()
    if row is None:
        return None
    told = row._asdict()
    agreed = frozenset(Consent(purpose, transport) for purpose, transport in told.pop("agreed"))
    return Contact(**told, agreed=agreed)


def stop(connection: Connection, contact: int, transport: Transport, why: str) -> None:
    """An address does not work: nothing goes there until its owner says it anew."""
    connection.execute(
        text(
            f"UPDATE contact SET {'mail' if transport == 'mail' else 'sms'}_stopped = :why WHERE id = :id AND erased_at IS NULL"
        ),
        {"id": contact, "why": why},
    )


def erase(connection: Connection, number: int, now: dt.datetime) -> bool:
    """Forget who a person is, everywhere, and end what they would have been sent. Returns whether there was something to forget.

    What happened stays, without them: a place that was taken, a firm that came. Places to come must be given back before, so
    whoever asks for an erasure goes by persons.py.
    """
    connection.execute(
        text(
            "DELETE FROM registration WHERE confirmed_at IS NULL "
            "AND lower(email) = (SELECT lower(email) FROM contact WHERE id = :id)"
        ),
        {"id": number},
    )
    gone = connection.execute(
        text(
            "UPDATE contact SET name = NULL, role = NULL, email = NULL, phone = NULL, availability = NULL, mail_stopped = NULL, "
            "sms_stopped = NULL, erased_at = :now WHERE id = :id AND erased_at IS NULL"
        ),
        {"id": number, "now": now},
    ).rowcount
    connection.execute(
        text(
            "UPDATE consent SET withdrawn_at = coalesce(withdrawn_at, :now), withdrawn_by = coalesce(withdrawn_by, 'erasure'), "
            "proof = '{}' WHERE contact_id = :id"
        ),
        {"id": number, "now": now},
    )
    connection.execute(text("DELETE FROM answer WHERE contact_id = :id"), {"id": number})
    connection.execute(
        text(
            "UPDATE cohort_member m SET why = NULL, left_at = CASE WHEN g.state IN ('proposed', 'open') "
            "THEN coalesce(m.left_at, :now) ELSE m.left_at END FROM cohort g WHERE g.id = m.cohort_id AND m.contact_id = :id"
        ),
        {"id": number, "now": now},
    )
    reminders.void(connection, "they were erased", contact=number)
    return bool(gone)
