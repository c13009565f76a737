"""Officers' sessions in the place of officers' links; the log of acts, which is only appended to.

What was noted of people's data becomes the log's first rows. Links that were given open nothing any more.

Revision: 0010, after 0009.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_INSTANT = postgresql.TIMESTAMP(timezone=True)
_SAFE = "SET search_path = pg_catalog, public, pg_temp"
_FUNCTIONS = (
    # As core/act_chain.py writes a fact.
    f"""CREATE FUNCTION act_fact(fact text) RETURNS text LANGUAGE sql IMMUTABLE {_SAFE} AS $$
        SELECT CASE WHEN fact IS NULL THEN '-,' ELSE octet_length(convert_to(fact, 'UTF8')) || ':' || fact || ',' END $$""",
    # One transaction at a time: the lock is held to its end. A row's number, and what chains it, are not the writer's to say.
    f"""CREATE FUNCTION act_chain() RETURNS trigger LANGUAGE plpgsql {_SAFE} AS $$
        DECLARE last record;
        BEGIN
            PERFORM pg_advisory_xact_lock(72005);
            SELECT id, hash INTO last FROM act ORDER BY id DESC LIMIT 1;
            NEW.id := coalesce(last.id, 0) + 1;
            NEW.previous := coalesce(last.hash, decode(repeat('00', 32), 'hex'));
            NEW.hash := sha256(NEW.previous || convert_to(act_fact(NEW.id::text)
                || act_fact((extract(epoch FROM NEW.at) * 1000000)::bigint::text) || act_fact(NEW."by") || act_fact(NEW.account)
                || act_fact(NEW.via) || act_fact(NEW.address) || act_fact(NEW.did) || act_fact(NEW.what) || act_fact(NEW.ref)
                || act_fact(NEW.outcome) || act_fact(NEW.note), 'UTF8'));
            RETURN NEW;
        END $$""",
    # core/terms.py, ACT: a row whose term is over may go.
    f"""CREATE FUNCTION act_kept() RETURNS trigger LANGUAGE plpgsql {_SAFE} AS $$
        BEGIN
            IF TG_OP = 'DELETE' THEN
                IF OLD.at <= now() - interval '5 years' THEN RETURN OLD; END IF;
            END IF;
            RAISE EXCEPTION 'the log of acts is only appended to: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
        END $$""",
    # Its owner's rights: the application has none to delete. What it drops, the log says; its newest row stays.
    f"""CREATE FUNCTION act_expire(back timestamptz) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER {_SAFE} AS $$
        DECLARE kept bigint; last record; gone bigint;
        BEGIN
            PERFORM pg_advisory_xact_lock(72005);
            back := least(back, now() - interval '5 years');
            SELECT coalesce((SELECT min(id) FROM act WHERE at > back), (SELECT max(id) FROM act)) INTO kept;
            SELECT id, hash INTO last FROM act WHERE id < kept ORDER BY id DESC LIMIT 1;
            IF last.id IS NULL THEN RETURN 0; END IF;
            DELETE FROM act WHERE id < kept;
            GET DIAGNOSTICS gone = ROW_COUNT;
            INSERT INTO act (at, "by", via, did, what, ref, outcome, note)
                VALUES (now(), 'term', 'hub', 'expired', 'log', last.id::text, 'done', encode(last.hash, 'hex'));
            RETURN gone;
        END $$""",
    "CREATE TRIGGER act_chain BEFORE INSERT ON act FOR EACH ROW EXECUTE FUNCTION act_chain()",
    "CREATE TRIGGER act_kept BEFORE UPDATE OR DELETE ON act FOR EACH ROW EXECUTE FUNCTION act_kept()",
    "CREATE TRIGGER act_whole BEFORE TRUNCATE ON act FOR EACH STATEMENT EXECUTE FUNCTION act_kept()",
)


def upgrade() -> None:
    op.create_table(
        "act",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        *(
            sa.Column(name, sa.Text(), nullable=name in {"account", "address", "ref", "note"})
            for name in _FACTS
        ),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("outcome IN ('done', 'refused')", name=op.f("act_outcome_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("act_pkey")),
    )
    op.create_index(op.f("act_at_idx"), "act", ["at"], unique=False)
    op.create_index(op.f("act_what_ref_idx"), "act", ["what", "ref"], unique=False)
    for statement in _FUNCTIONS:
        op.execute(statement)
    op.execute(
        'INSERT INTO act (at, "by", via, did, what, ref, outcome) '
        "SELECT at, \"by\", 'hub', act, 'contact', contact_id::text, 'done' FROM person_act ORDER BY id"
    )
    op.drop_table("person_act")
    op.drop_table("officer_link")
    op.create_table(
        "officer_session",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("claimed", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("begun_at", _INSTANT, nullable=False),
        sa.Column("seen_at", _INSTANT, nullable=False),
        sa.Column("ended_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("officer_session_pkey")),
        sa.UniqueConstraint("token_hash", name=op.f("officer_session_token_hash_key")),
    )
    op.create_table(
        "sign_in",
        sa.Column("state_hash", sa.LargeBinary(), nullable=False),
        sa.Column("leads_to", sa.Text(), nullable=False),
        sa.Column("begun_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("sign_in_pkey")),
    )
    op.create_index(op.f("sign_in_begun_at_idx"), "sign_in", ["begun_at"], unique=False)


_FACTS = ("by", "account", "via", "address", "did", "what", "ref", "outcome", "note")


def downgrade() -> None:
    op.drop_table("sign_in")
    op.drop_table("officer_session")
    op.create_table(
        "officer_link",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("given_at", _INSTANT, nullable=False),
        sa.Column("ended_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("officer_link_pkey")),
    )
    op.create_table(
        "person_act",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.CheckConstraint(
            "act IN ('found', 'shown', 'exported', 'erased')", name=op.f("person_act_act_check")
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("person_act_contact_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("person_act_pkey")),
    )
    op.create_index(op.f("person_act_at_idx"), "person_act", ["at"], unique=False)
    op.create_index(op.f("person_act_contact_id_idx"), "person_act", ["contact_id"], unique=False)
    op.execute(
        'INSERT INTO person_act (act, contact_id, "by", at) SELECT a.did, a.ref::bigint, a."by", a.at FROM act a '
        "WHERE a.what = 'contact' AND a.did IN ('found', 'shown', 'exported', 'erased') ORDER BY a.id"
    )
    op.drop_table("act")
    for function in ("act_expire(timestamptz)", "act_kept()", "act_chain()", "act_fact(text)"):
        op.execute(f"DROP FUNCTION {function}")
