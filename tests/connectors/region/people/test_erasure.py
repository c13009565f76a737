"""After an erasure no row of any table says anything of a person: also in columns that there are not yet.

Every column that can hold words, of every table that refers to a person, is given a word that must be gone afterwards. A column that is
new is asked the same, unless it is put on the list of those that say nothing of anybody, with its reason.
"""

from __future__ import annotations

import pytest
from sqlalchemy import Column, LargeBinary, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from connectors.region.firms import registrations
from connectors.region.people import contacts, persons
from connectors.region.tables import METADATA
from schemas.firm import Consent, FirmDraft, PersonDraft, Registration
from tests.hands import sql
from tests.makers import NOON
from tests.programme import ENDS, Programme
from tests.questions import BODY, Forum

pytestmark = pytest.mark.database
CANARY = "kanarienvogel"
SAYS_NOTHING = {
    "ask.email": "NULL once it is confirmed; unconfirmed ones are deleted whole",
    "ask.kind": "a word of ours",
    "ask.ref": "drawn by lot",
    "bounce.kind": "a word of ours",
    "bounce.marker": "of the letter, which names people by number",
    "bounce.status": "a code of RFC 3463",
    "consent.purpose": "a word of ours",
    "consent.transport": "a word of ours",
    "consent.withdrawn_by": "a word of ours",
    "contact.origin": "the name of an import, or portal",
    "enrolment.attended_by": "how it is known, or their coach",
    "enrolment.state": "a word of ours",
    "question.answer": "an official's",
    "question.answered_by": "an official",
    "question.body": "read by everybody, and moderated: it stays, without a name; what nobody has read is deleted whole",
    "question.decided_by": "who of the staff",
    "question.origin": "a word of ours",
    "question.reason": "an article of the charter; what follows it is another test's",
    "question.ref": "drawn by lot",
    "question.remote_id": "of a comment, whose author is not kept",
    "question.state": "a word of ours",
    "question.theme": "a word of ours",
    "registration.draft": "NULL once it is confirmed; unconfirmed ones are deleted whole",
    "registration.email": "NULL once it is confirmed; unconfirmed ones are deleted whole",
    "registration.ref": "drawn by lot",
    "registration.siret": "the firm's",
    "reminder.rule": "a name of ours",
    "reminder.state": "a word of ours",
    "reminder.tried": "transports",
    "reminder.why": "a sentence of ours, or a channel's, which keeps to codes",
    "answer.about": "a word of ours",
}


def of_people() -> list[Table]:
    """``contact``, and every table that refers to it."""
    return [
        table
        for table in METADATA.sorted_tables
        if table.name == "contact" or any(key.column.table.name == "contact" for key in table.foreign_keys)
    ]


def wordy() -> list[Column[object]]:
    """Their columns that can hold words."""
    return [
        column
        for table in of_people()
        for column in table.columns
        if isinstance(column.type, Text | JSONB | LargeBinary)
    ]


def known(programme: Programme) -> int:
    """Somebody with a row in every such table, who has been to a session."""
    session = programme.session()
    draft = Registration(
        firm=FirmDraft(siret="73282932000074", name="Fournil"),
        person=PersonDraft(name="Ada", email="ada@fournil.example", phone="+33611111111"),
        told_at=NOON,
        origin="form",
        consents=(Consent("sessions", "mail"),),
        session=session.ref,
    )
    confirmed = registrations.confirm(programme.region, programme.rules, programme.ask(draft).ref, NOON)
    assert confirmed.enrolment is not None
    contact, enrolment = confirmed.contact, confirmed.enrolment.id
    contacts.withdraw(programme.region, contact, "one-click", NOON)
    programme.now = ENDS
    programme.sheet(session, confirmed.enrolment)
    for statement in (
        "INSERT INTO answer (contact_id, about, enrolment_id, content, at) VALUES (:c, 'satisfaction', :e, '{}', :now)",
        "INSERT INTO cohort_member (cohort_id, contact_id, joined_at) VALUES (:g, :c, :now)",
        "INSERT INTO bounce (marker, kind, contact_id, at) VALUES ('m', 'soft', :c, :now)",
        """INSERT INTO question (ref, theme, body, contact_id, origin, state, asked_at, published_at, due_at, changed_at)
        VALUES ('q', 'jobs', 'Quand ?', :c, 'portal', 'published', :now, :now, :now, :now)""",
        "INSERT INTO watch (question_id, contact_id, at) SELECT id, :c, :now FROM question",
        """INSERT INTO ask (ref, kind, question_id, contact_id, wording, created_at, confirmed_at)
        SELECT 'a', 'question', id, :c, 'form 1', :now, :now FROM question""",
    ):
        sql(programme.region, statement, c=contact, e=enrolment, g=programme.cohort(), now=NOON)
    for table in of_people():
        key = "id" if table.name == "contact" else "contact_id"
        assert sql(programme.region, f"SELECT FROM {table.name} WHERE {key} = :c", c=contact), (
            f"this test fills no row of {table.name}: add one"
        )
    return contact


def singing(programme: Programme) -> list[str]:
    """Tables with a row in which the word stands, as it is or as bytes."""
    as_bytes = CANARY.encode().hex()
    return [
        table
        for table in METADATA.tables
        if sql(
            programme.region,
            f'SELECT FROM "{table}" t WHERE t::text ILIKE :word OR t::text ILIKE :bytes',
            word=f"%{CANARY}%",
            bytes=f"%{as_bytes}%",
        )
    ]


def test_the_list_of_what_says_nothing_names_columns_that_there_are() -> None:
    assert set(SAYS_NOTHING) <= {f"{column.table.name}.{column.name}" for column in wordy()}


def test_whatever_a_column_says_of_somebody_is_gone_when_they_are_erased(programme: Programme) -> None:
    contact = known(programme)
    personal = [column for column in wordy() if f"{column.table.name}.{column.name}" not in SAYS_NOTHING]
    for column in personal:
        key = "id" if column.table.name == "contact" else "contact_id"
        said = f"jsonb_build_array('{CANARY}')" if isinstance(column.type, JSONB) else f"'{CANARY}'"
        said = f"convert_to('{CANARY}', 'UTF8')" if isinstance(column.type, LargeBinary) else said
        sql(
            programme.region,
            f"UPDATE {column.table.name} SET {column.name} = {said} WHERE {key} = :c",
            c=contact,
        )
    assert set(singing(programme)) == {column.table.name for column in personal}
    assert programme.erase(contact)
    assert singing(programme) == []


def test_what_somebody_filled_in_and_did_not_confirm_goes_with_them(programme: Programme) -> None:
    contact = known(programme)
    programme.now = NOON
    programme.ask(
        Registration(
            firm=FirmDraft(siret="35600000000048", name="Autre"),
            person=PersonDraft(name=f"Ada {CANARY}", email="ADA@fournil.example"),
            told_at=NOON,
            origin="form",
        )
    )
    assert singing(programme) == ["registration"]
    programme.erase(contact)
    assert singing(programme) == []


def test_what_somebody_asked_and_nobody_has_read_goes_with_them(programme: Programme) -> None:
    """Unconfirmed, waiting, or refused: before it was public, or after, when what was merged into it still leads there."""
    forum = Forum(programme)
    one, other = (
        forum.published(f"{CANARY} {BODY}", email="ada@example.fr"),
        forum.published("Et les bus, alors ?"),
    )
    forum.merge(other, one)
    forum.refuse(one, CANARY)
    forum.refuse(forum.waiting(f"{CANARY} ?? {BODY}", email="ada@example.fr"), CANARY)
    forum.waiting(f"{CANARY} ? {BODY}", email="ada@example.fr")
    forum.ask(f"Encore : {CANARY} {BODY}", email="Ada@example.fr", author=CANARY)
    forum.follow(forum.dialogue()[1], "ada@example.fr", CANARY)
    assert set(singing(programme)) == {"question", "ask"}
    assert one.contact_id is not None
    erased = persons.erase(programme.region, programme.rules, one.contact_id, programme.now)
    assert (erased.questions, erased.registrations) == (3, 2)
    assert singing(programme) == []
    kept = forum.read(one)
    assert (kept.body, kept.reason) == ("", forum.rules.charter["unclear"])
    assert forum.read(other).into == one.ref


def test_erasing_twice_is_once_and_stops_stay_gone(programme: Programme) -> None:
    contact = known(programme)
    assert programme.erase(contact)
    assert not programme.erase(contact)
    with programme.region.begin() as connection:
        contacts.stop(connection, contact, "mail", CANARY)
    assert singing(programme) == [], "a bounce that comes late says nothing of who was erased"
