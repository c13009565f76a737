"""Whose the log of acts is: a role of its own, so that the application's may read and append, and nothing else.

Belongs here: giving it away where the server lets us, and the statements by which an administrator does. Does not: the log (acts.py), or
its triggers (migration 0010), which refuse whoever still is its owner.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, text

from connectors.region.database import Region

OWNER: Final = "boostez_acts"
_FUNCTIONS: Final = ("act_fact(text)", "act_chain()", "act_kept()", "act_expire(timestamptz)")


def statements(role: str) -> tuple[str, ...]:
    """What gives the log away, in the Region's database; ``role`` is the application's, as SQL writes it."""
    return (
        f"ALTER TABLE act OWNER TO {OWNER}",
        *(f"ALTER FUNCTION {each} OWNER TO {OWNER}" for each in _FUNCTIONS),
        f"GRANT SELECT, INSERT ON act TO {role}",
    )


def give_away(connection: Connection) -> bool:
    """Give the log to its own role where ours may: when it is a superuser's. Returns whether it is that role's."""
    told = connection.execute(
        text(
            "SELECT pg_get_userbyid(c.relowner) AS owner, r.rolsuper, quote_ident(pg_get_userbyid(d.datdba)) AS role "
            "FROM pg_class c, pg_roles r, pg_database d WHERE c.oid = to_regclass('act') AND r.rolname = current_user "
            "AND d.datname = current_database()"
        )
    ).one_or_none()
    if told is None or told.owner == OWNER or not told.rolsuper:
        return told is not None and told.owner == OWNER
    connection.execute(
        text(
            f"DO $$ BEGIN CREATE ROLE {OWNER} NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        )
    )
    for statement in statements(told.role):
        connection.execute(text(statement))
    return True


def missing(region: Region) -> str | None:
    """What an administrator runs so that our role cannot edit the log; None when it cannot, or there is none."""
    with region.begin() as connection:
        told = connection.execute(
            text(
                "SELECT r.rolsuper, pg_has_role(c.relowner, 'MEMBER') AS ours, quote_ident(current_user) AS role, "
                "pg_get_userbyid(c.relowner) AS owner, "
                f"to_regrole('{OWNER}') IS NOT NULL AS made FROM pg_class c, pg_roles r "
                "WHERE c.oid = to_regclass('act') AND r.rolname = current_user"
            )
        ).one_or_none()
    if told is None or told.rolsuper or not told.ours:
        return None
    if told.owner == OWNER:  # which ours is in
        return f"REVOKE {OWNER} FROM {told.role};"
    made = () if told.made else (f"CREATE ROLE {OWNER} NOLOGIN",)
    return "; ".join((*made, *statements(told.role))) + ";"
