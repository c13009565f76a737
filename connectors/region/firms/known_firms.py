"""Known firms, with their people, as an import compares with them and duplicates are found among them.

Belongs here: reading ``firm``, ``contact`` and what hangs on a person into the values of core/import_preview.py. Does not: the comparison,
or keeping anything (firms.py, people/contacts.py).
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, text

from core.firms_matching import Known
from core.import_preview import KnownFirm, KnownPerson
from core.seminar_sheets import Row
from schemas.firm import Consent, FirmDraft, PersonDraft

_FIRM: Final = "id, siret, name, naf, headcount, commune, postal_code, city"
_PERSON: Final = "c.id, c.firm_id, coalesce(c.name, '') AS name, c.email, c.phone, c.role"
_MORE: Final = (
    "(SELECT coalesce(jsonb_agg(jsonb_build_array(k.purpose, k.transport)), '[]') FROM consent k "
    "WHERE k.contact_id = c.id AND k.withdrawn_at IS NULL) AS consents, "
    "(SELECT coalesce(jsonb_agg(jsonb_build_array(w.purpose, w.transport, w.at)), '[]') FROM (SELECT purpose, transport, "
    "max(withdrawn_at) AS at FROM consent WHERE contact_id = c.id AND withdrawn_at IS NOT NULL GROUP BY 1, 2) w) AS withdrawn, "
    "(SELECT coalesce(jsonb_object_agg(s.ref, CASE e.state WHEN 'present' THEN true WHEN 'absent' THEN false END), '{}') "
    "FROM enrolment e JOIN session s ON s.id = e.session_id WHERE e.contact_id = c.id) AS sessions"
)


def everything(connection: Connection, sirets: Collection[str]) -> list[KnownFirm]:
    """Every firm with its people; what those of ``sirets`` agreed to and take part in, too."""
    rows = connection.execute(text(f"SELECT {_FIRM} FROM firm ORDER BY id")).all()
    whole = [row.id for row in rows if row.siret in sirets]
    people = _people(connection, whole)
    for row in connection.execute(
        text(
            f"SELECT {_PERSON} FROM contact c WHERE c.firm_id IS NOT NULL AND c.erased_at IS NULL AND c.firm_id <> ALL(:whole) "
            "ORDER BY c.id"
        ),
        {"whole": whole},
    ):
        people[row.firm_id].append(KnownPerson(row.id, _draft(row)))
    return [KnownFirm(row.id, FirmDraft(*row[1:]), tuple(people[row.id])) for row in rows]


def named(connection: Connection, siret: str) -> KnownFirm | None:
    """The firm of that SIRET, which nobody else changes until this transaction ends."""
    row = connection.execute(
        text(f"SELECT {_FIRM} FROM firm WHERE siret = :siret FOR NO KEY UPDATE"), {"siret": siret}
    ).one_or_none()
    if row is None:
        return None
    return KnownFirm(row.id, FirmDraft(*row[1:]), tuple(_people(connection, [row.id])[row.id]))


def comparable(firms: Iterable[KnownFirm]) -> list[Known]:
    """Firms as duplicates are found among them."""
    return [
        Known(each.id, each.firm, tuple(one.person.email for one in each.people if one.person.email))
        for each in firms
    ]


def meant(connection: Connection, rows: Iterable[Row]) -> list[Row]:
    """Rows of firms that were merged, as of the firm that they are now: what is told of the one is not true of the other."""
    merged = {
        row.siret: FirmDraft(*row[1:])
        for row in connection.execute(
            text(
                f"SELECT m.dropped ->> 'siret' AS siret, {', '.join(f'f.{name}' for name in FirmDraft.__struct_fields__)} "
                "FROM firm_merge m JOIN firm f ON f.id = m.kept WHERE m.undone_at IS NULL"
            )
        )
    }
    return [_of(row, merged.get(row.registration.firm.siret)) for row in rows]


def _of(row: Row, firm: FirmDraft | None) -> Row:
    if firm is None:
        return row
    told = msgspec.structs.replace(row.registration, firm=firm)
    return msgspec.structs.replace(row, registration=told)


def _people(connection: Connection, firms: list[int]) -> defaultdict[int, list[KnownPerson]]:
    found: defaultdict[int, list[KnownPerson]] = defaultdict(list)
    rows = connection.execute(
        text(
            f"SELECT {_PERSON}, {_MORE} FROM contact c WHERE c.firm_id = ANY(:firms) AND c.erased_at IS NULL ORDER BY c.id"
        ),
        {"firms": firms},
    )
    for row in rows:
        found[row.firm_id].append(
            KnownPerson(
                row.id,
                _draft(row),
                tuple(Consent(purpose, transport) for purpose, transport in row.consents),
                {
                    Consent(purpose, transport): dt.datetime.fromisoformat(at)
                    for purpose, transport, at in row.withdrawn
                },
                row.sessions,
            )
        )
    return found


def _draft(row: Any) -> PersonDraft:
    return PersonDraft(row.name, row.email, row.phone, row.role)
