"""Contacts: the people whom the programme knows, and what they agreed to be written to for.

Belongs here: statements on ``contact`` and ``consent``. Does not: their firm (firms/firms.py), what they take part in (sessions/enrolments.py), what
ends by the clock (programme_retention.py).

An address proves nothing about purposes: a letter goes only where a consent of its purpose and transport holds, with its proof.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, text

from connectors.region.database import Region
from connectors.region.people import residents
from connectors.region.sessions import reminders
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

    What they say now counts: they have just said it themselves. An address that they give works again.
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
            "SELECT id FROM contact WHERE firm_id IS NOT DISTINCT FROM :firm AND erased_at IS NULL AND merged_into IS NULL AND "
            "(lower(email) = lower(:email) OR (:email IS NULL AND phone = :phone)) ORDER BY id LIMIT 1 FOR NO KEY UPDATE"
        ),
        values,
    ).scalar_one_or_none()
    if known is None:
        return add(connection, firm, person, availability, origin, now)
    connection.execute(
        text(
            "UPDATE contact SET name = coalesce(nullif(:name, ''), name), role = coalesce(:role, role), phone = coalesce(:phone, phone), "
            "availability = CASE WHEN cast(:availability AS jsonb) = '[]' THEN availability ELSE cast(:availability AS jsonb) END, "
            "seen_at = :now, mail_stopped = CASE WHEN cast(:email AS text) IS NULL THEN mail_stopped END, "
            "sms_stopped = CASE WHEN cast(:phone AS text) IS NULL THEN sms_stopped END WHERE id = :id"
        ),
        {**values, "id": known},
    )
    return known


def add(
    connection: Connection,
    firm: int | None,
    person: PersonDraft,
    availability: Iterable[str],
    origin: str,
    now: dt.datetime,
    *,
    seen_at: dt.datetime | None = None,
) -> int:
    """Keep somebody new of a firm, whom it was established before that nobody there is. Returns their number.

    ``seen_at``: when they said it, where that is not now.
    """
    number: int = connection.execute(
        text(
            "INSERT INTO contact (firm_id, name, role, email, phone, availability, origin, created_at, seen_at) VALUES "
            "(:firm, nullif(:name, ''), :role, :email, :phone, cast(:availability AS jsonb), :origin, :now, :seen) RETURNING id"
        ),
        {
            **msgspec.structs.asdict(person),
            "firm": firm,
            "availability": msgspec.json.encode(list(availability)).decode(),
            "origin": origin,
            "now": now,
            "seen": seen_at or now,
        },
    ).scalar_one()
    return number


def change(
    connection: Connection,
    number: int,
    facts: Mapping[str, str],
    availability: Iterable[str],
    seen_at: dt.datetime,
) -> None:
    """Change what is known of a person, by the names of ``PersonDraft``; when they can come, where they say so.

    Another address or number was never stopped.
    """
    slots = msgspec.json.encode(list(availability)).decode()
    sets = [f"{name} = :{name}" for name in PersonDraft.__struct_fields__ if name in facts]
    sets += ["mail_stopped = NULL"] if "email" in facts else []
    sets += ["sms_stopped = NULL"] if "phone" in facts else []
    sets += ["availability = cast(:slots AS jsonb)"] if slots != "[]" else []
    connection.execute(
        text(
            f"UPDATE contact SET {', '.join([*sets, 'seen_at = greatest(seen_at, :seen)'])} WHERE id = :id AND erased_at IS NULL"
        ),
        {**facts, "slots": slots, "seen": seen_at, "id": number},
    )


def meant(connection: Connection, number: int) -> int:
    """The record that a number means now: its own, or the one that it became part of when two firms were found to be one.

    Links that were sent before go on to name the first.
    """
    found: int | None = connection.execute(
        text(
            "WITH RECURSIVE way AS (SELECT id, merged_into FROM contact WHERE id = :id UNION "
            "SELECT c.id, c.merged_into FROM contact c JOIN way ON c.id = way.merged_into) "
            "SELECT id FROM way WHERE merged_into IS NULL"
        ),
        {"id": number},
    ).scalar_one_or_none()
    return number if found is None else found


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
            {
                "contact": meant(connection, contact),
                "by": by,
                "now": now,
                "purpose": purpose,
                "transport": transport,
            },
        ).rowcount


def prefer(region: Region, contact: int, wanted: Iterable[Consent], form: str, now: dt.datetime) -> None:
    """What a person chose on the page of their preferences: exactly this holds from now on. Of who was erased nothing holds.

    ``form`` says which page, in which words.
    """
    chosen = set(wanted)
    with region.begin() as connection:
        contact = meant(connection, contact)
        known = connection.execute(
            text("SELECT FROM contact WHERE id = :id AND erased_at IS NULL FOR NO KEY UPDATE"),
            {"id": contact},
        ).one_or_none()
        if known is None:
            return
        connection.execute(
            text(
                "UPDATE consent SET withdrawn_at = :now, withdrawn_by = 'preferences' WHERE contact_id = :contact "
                "AND withdrawn_at IS NULL AND purpose || ' ' || transport <> ALL(:chosen)"
            ),
            {
                "contact": contact,
                "chosen": [f"{each.purpose} {each.transport}" for each in chosen],
                "now": now,
            },
        )
        agree(connection, contact, sorted(chosen), {"how": "preferences", "form": form}, now)


def get(region: Region, number: int) -> Contact | None:
    """The person of that number, or whom it means since two firms were merged."""
    with region.begin() as connection:
        row = connection.execute(
            text(
                "SELECT c.id, c.firm_id, c.name, c.email, c.phone, c.mail_stopped, c.sms_stopped, c.erased_at, "
                "(SELECT coalesce(jsonb_agg(jsonb_build_array(k.purpose, k.transport)), '[]') FROM consent k "
                "WHERE k.contact_id = c.id AND k.withdrawn_at IS NULL) AS agreed FROM contact c WHERE c.id = :id"
            ),
            {"id": meant(connection, number)},
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
        {"id": meant(connection, contact), "why": why},
    )


def delete_unconfirmed(connection: Connection, numbers: Sequence[int]) -> int:
    """Delete the forms with people's addresses that nobody has confirmed. Returns how many."""
    return (
        residents.delete_unconfirmed(connection, numbers)
        + connection.execute(
            text(
                "DELETE FROM registration WHERE confirmed_at IS NULL "
                "AND lower(email) IN (SELECT lower(email) FROM contact WHERE id = ANY(:ids))"
            ),
            {"ids": list(numbers)},
        ).rowcount
    )


def erase(connection: Connection, number: int, now: dt.datetime) -> bool:
    """Forget who a person is, everywhere, and end what they would have been sent. Returns whether there was something to forget.

    What happened stays, without them: a place that was taken, a firm that came. Places to come must be given back before, so
    whoever asks for an erasure goes by persons.py.
    """
    delete_unconfirmed(connection, [number])
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
        text("UPDATE registration SET origin = NULL WHERE contact_id = :id AND origin IS NOT NULL"),
        {"id": number},
    )
    connection.execute(
        text(
            "UPDATE cohort_member m SET why = NULL, left_at = CASE WHEN g.state IN ('proposed', 'open') "
            "THEN coalesce(m.left_at, :now) ELSE m.left_at END FROM cohort g WHERE g.id = m.cohort_id AND m.contact_id = :id"
        ),
        {"id": number, "now": now},
    )
    residents.erase(connection, number)
    reminders.void(connection, "they were erased", contact=number)
    return bool(gone)
