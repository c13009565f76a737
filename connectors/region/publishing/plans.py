"""Plans that a guard stopped: kept item by item until a person approves or refuses exactly that.

Belongs here: ``held_plan`` and ``held_item``, and what an approval does. Does not: whether a guard trips (core/guards.py), what
a plan consists of (planning.py, offers/offers.py) or asking the person (flows/decide.py).

A plan is named by the hash of its items and of the state each was made from. The same plan seen again is the same row, so it is
told once; another plan for the same place replaces the one that waits, and an approval of the old one is refused.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, text

from connectors import clock
from connectors.region.access import acts
from connectors.region.alerting import alerts
from connectors.region.copying import copy_rows
from connectors.region.database import Region, lock_revisions
from core.guards import Trip, hash_of
from schemas.errors import Misconfigured, Refused

EXAMPLES = 10  # shown to whoever decides
_WORDS = {  # of a plan's numbers, in the order in which they are told
    "now": "would be withdrawn",
    "limit": "limit",
    "present": "there now",
    "day": "withdrawn unexplained in the last 24 hours",
    "collected": "in this snapshot",
    "last_good": "in the last good snapshot",
    "unreadable": "payloads without a readable reference",
}
CAUSE = "guard "  # what the cause of every stopped plan's alert begins with
Kind = Literal["source", "channel"]
State = Literal["waiting", "approved", "refused", "replaced", "moot"]


class Item(msgspec.Struct, frozen=True):
    """One change of a plan. ``base`` is the state it was made from; ``title`` is for a person, and empty where none sees it."""

    subject: str
    base: str
    title: str


class Held(msgspec.Struct, frozen=True):
    """A stopped plan. ``place`` is the source or channel, ``numbers`` what the guard saw, ``hash`` its name."""

    id: int
    kind: Kind
    place: str
    guard: str
    message: str
    hash: str
    numbers: dict[str, Any]
    examples: list[str]
    state: State
    raised_at: dt.datetime
    flow_run: str | None = None
    decided_at: dt.datetime | None = None
    decided_by: str | None = None
    reason: str | None = None

    @property
    def cause(self) -> str:
        """What its alert goes by."""
        return cause(self.kind, self.place)

    def words(self, told: Callable[[str], str] = str) -> str:
        """The plan as a person reads it: the numbers, ten examples, the way out. ``told`` writes others' words, for Markdown say."""
        numbers = "\n".join(
            f"- {words}: {self.numbers[name]}" for name, words in _WORDS.items() if name in self.numbers
        )
        examples = "\n".join(f"- {told(example)}" for example in self.examples)
        return (
            f"{self.message}\n\nNothing of it was done.\n\n{numbers}\n\nExamples:\n{examples}\n\n"
            f"Plan {self.id} ({self.hash}). Decide in the Prefect UI, or with `boostez plan approve {self.id}` or "
            f"`boostez plan refuse {self.id}`. More: docs/runbook/plan-stopped.md"
        )


def cause(kind: Kind, place: str) -> str:
    """What the alert of a place's stopped plan goes by."""
    return f"{CAUSE}{kind} {place}"


def title_by(order: str) -> str:
    """SQL for an item's title: unpacking those that are no example would cost more than the rest of a large plan."""
    return f"CASE WHEN row_number() OVER (ORDER BY {order}) <= {EXAMPLES} THEN coalesce(o.content ->> 'title', '') ELSE '' END"


_COLUMNS = ", ".join(Held.__struct_fields__)


class Stopped(msgspec.Struct, frozen=True):
    """What a guard's no came to. ``fresh``: nothing waited for this place before; ``new``: this very plan was not known."""

    plan: Held
    fresh: bool
    new: bool


def hold(
    connection: Connection,
    kind: Kind,
    place: str,
    trip: Trip,
    numbers: Mapping[str, Any],
    items: Sequence[Item],
    run_id: int | None,
) -> Stopped:
    """Keep a plan that a guard stopped; a plan that waits or was refused already is found again by its hash."""
    name = hash_of(f"{kind} {place}", ((item.subject, item.base) for item in items))
    values = {"kind": kind, "place": place, "hash": name}
    known = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM held_plan WHERE kind = :kind AND place = :place AND hash = :hash "
            "AND state IN ('waiting', 'refused') ORDER BY id DESC LIMIT 1"
        ),
        values,
    ).one_or_none()
    if known:
        return Stopped(Held(*known), fresh=False, new=False)
    replaced = connection.execute(
        text(
            "UPDATE held_plan SET state = 'replaced' WHERE kind = :kind AND place = :place AND state = 'waiting' "
            "RETURNING id, flow_run"
        ),
        values,
    ).one_or_none()
    if replaced:
        _forget_items(connection, replaced.id)
    row = connection.execute(
        text(
            "INSERT INTO held_plan (kind, place, guard, message, hash, numbers, examples, run_id, flow_run) VALUES (:kind, "
            ":place, :guard, :message, :hash, cast(:numbers AS jsonb), cast(:examples AS jsonb), :run, :flow_run) "
            f"RETURNING {_COLUMNS}"
        ),
        {
            **values,
            "guard": trip.guard,
            "message": trip.message,
            "numbers": json.dumps({**numbers, "limit": trip.limit}),
            "examples": json.dumps([f"{item.subject}  {item.title}" for item in items[:EXAMPLES]]),
            "run": run_id,
            "flow_run": replaced.flow_run if replaced else None,
        },
    ).one()
    held = Held(*row)
    columns = {"plan_id": "int8", "subject": "text", "base": "text"}
    copy_rows(connection, "held_item", columns, ((held.id, item.subject, item.base) for item in items))
    connection.execute(
        text("ANALYZE held_item")
    )  # or PostgreSQL takes it for empty, and an approval for cheap
    return Stopped(held, fresh=replaced is None, new=True)


def no_longer(connection: Connection, kind: Kind, place: str) -> None:
    """The guard does not trip any more: a plan that waits is moot, and its alert over."""
    found = connection.execute(
        text(
            "UPDATE held_plan SET state = 'moot' WHERE kind = :kind AND place = :place AND state = 'waiting' RETURNING id"
        ),
        {"kind": kind, "place": place},
    ).one_or_none()
    if found:
        _let_go(connection, found.id)
        _forget_items(connection, found.id)
        _over(connection, kind, place)


def _let_go(connection: Connection, plan: int) -> None:
    connection.execute(text("UPDATE effect SET held_by = NULL WHERE held_by = :plan"), {"plan": plan})


def _forget_items(connection: Connection, plan: int) -> None:
    """A plan that is past keeps its numbers and examples; its items could fill the disk."""
    connection.execute(text("DELETE FROM held_item WHERE plan_id = :plan"), {"plan": plan})


def get(region: Region, plan: int) -> Held:
    """The stopped plan of that number.

    Raises:
        Misconfigured: there is none.

    """
    with region.begin() as connection:
        return _get(connection, plan)


def _get(connection: Connection, plan: int, lock: str = "") -> Held:
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM held_plan WHERE id = :plan {lock}"), {"plan": plan}
    ).one_or_none()
    if row is None:
        raise Misconfigured(f"No stopped plan {plan}: `boostez plan list` shows which there are.")
    return Held(*row)


def _locked(connection: Connection, plan: int) -> Held:
    """The plan, while nobody plans for its place: one that is under way may be about to replace it."""
    lock_revisions(connection)
    place = _get(connection, plan).place
    connection.execute(text("SELECT FROM channel WHERE name = :place FOR UPDATE"), {"place": place})
    return _get(connection, plan, "FOR UPDATE")


def waiting(region: Region, *, decided: bool = False, limit: int = 100) -> list[Held]:
    """The plans that wait for a decision, newest first; with ``decided`` those that had one too."""
    states = ["waiting", "approved", "refused"] if decided else ["waiting"]
    with region.begin() as connection:
        rows = connection.execute(
            text(f"SELECT {_COLUMNS} FROM held_plan WHERE state = ANY(:states) ORDER BY id DESC LIMIT :n"),
            {"states": states, "n": limit},
        )
        return [Held(*row) for row in rows]


def newest(region: Region, plan: Held) -> Held | None:
    """The plan that waits for the same place now, None when none does."""
    return next((h for h in waiting(region) if (h.kind, h.place) == (plan.kind, plan.place)), None)


def shown_by(region: Region, plan: int, flow_run: str) -> None:
    """Remember which Prefect run shows the plan's form."""
    with region.begin() as connection:
        connection.execute(
            text("UPDATE held_plan SET flow_run = :flow_run WHERE id = :plan"),
            {"plan": plan, "flow_run": flow_run},
        )


def refuse(region: Region, plan: int, by: str, reason: str) -> Held:
    """Keep everything as it is: what was to be withdrawn stays. It may still be approved later.

    Raises:
        Refused: the plan does not wait (any more).

    """
    with region.begin() as connection:
        held = _locked(connection, plan)
        if held.state != "waiting":
            raise Refused(_not_now(held))
        return _decide(connection, plan, "refused", by, reason)


def approve(region: Region, plan: int, by: str, reason: str) -> Held:
    """Let exactly this plan be carried out: a source's offers are closed here, a channel's withdrawals by the next delivery.

    Raises:
        Refused: the plan is past, or some of its base states moved; what is left of it then waits as a plan of its own.

    """
    with region.begin() as connection:
        held = _locked(connection, plan)
        if held.state not in {"waiting", "refused"}:
            raise Refused(_not_now(held))
        still = connection.execute(text(_STILL[held.kind]), {"plan": plan, "place": held.place}).all()
        total = connection.execute(
            text("SELECT count(*) FROM held_item WHERE plan_id = :plan"), {"plan": plan}
        ).scalar_one()
        if len(still) == total:
            if held.kind == "source":
                _close(connection, held)
            return _decide(connection, plan, "approved", by, reason)
        rest = _rest(connection, held, [Item(*row) for row in still])
    moved = total - len(still)
    way_out = f"look at what is left, plan {rest.id}, and approve that" if rest else "nothing is left of it"
    raise Refused(f"{moved} of the {total} changes of plan {plan} have moved since it was made: {way_out}.")


def _not_now(held: Held) -> str:
    told = {
        "approved": f"was approved by {held.decided_by} already",
        "refused": f"was refused by {held.decided_by}: it can be approved, or left as it is",
        "replaced": "was replaced by a newer one: `boostez plan list` shows it",
        "moot": "is no longer needed: its guard does not trip any more",
    }
    return f"Plan {held.id} {told[held.state]}."


def _decide(
    connection: Connection, plan: int, state: Literal["approved", "refused"], by: str, reason: str
) -> Held:
    row = connection.execute(
        text(
            "UPDATE held_plan SET state = :state, decided_at = now(), decided_by = :by, reason = :reason WHERE id = :plan "
            f"RETURNING {_COLUMNS}"
        ),
        {"plan": plan, "state": state, "by": by, "reason": reason},
    ).one()
    held = Held(*row)
    _over(connection, held.kind, held.place)
    acts.note(
        connection, state, "plan", [plan], by, clock.now(), why=f"{held.kind} {held.place}, {held.hash}"
    )
    return held


def _over(connection: Connection, kind: Kind, place: str) -> None:
    """End a place's alert, unless another plan waits there."""
    waits = connection.execute(
        text("SELECT FROM held_plan WHERE kind = :kind AND place = :place AND state = 'waiting'"),
        {"kind": kind, "place": place},
    ).rowcount
    if not waits:
        alerts.end(connection, clock.now(), cause(kind, place))


# What of a plan can still be done as it was shown.
_STILL: dict[Kind, str] = {
    "source": (
        f"SELECT i.subject, i.base, {title_by('i.subject')} FROM held_item i JOIN offer o ON o.source = :place "
        "AND o.ref = i.subject WHERE i.plan_id = :plan AND o.status = 'open' AND o.revision::text = i.base "
        "ORDER BY i.subject"
    ),
    "channel": (
        f"SELECT i.subject, i.base, {title_by('i.subject')} FROM held_item i JOIN effect e ON e.channel = :place "
        "AND e.subject = i.subject LEFT JOIN offer o ON o.id = e.offer_id WHERE i.plan_id = :plan AND e.held_by = :plan "
        "AND e.state = 'planned' AND e.wanted_hash IS NULL AND encode(e.live_hash, 'hex') = i.base ORDER BY i.subject"
    ),
}


def _rest(connection: Connection, held: Held, items: list[Item]) -> Held | None:
    """What is left of a plan whose base moved, as a plan that waits in its place."""
    connection.execute(
        text("UPDATE held_plan SET state = 'replaced', decided_by = NULL WHERE id = :plan"), {"plan": held.id}
    )
    _let_go(connection, held.id)
    _forget_items(connection, held.id)
    if not items:
        _over(connection, held.kind, held.place)
        return None
    numbers = {key: value for key, value in held.numbers.items() if key != "limit"} | {"now": len(items)}
    trip = Trip(
        "withdrawals_in_a_run",
        held.numbers["limit"],
        f"{len(items)} are left of plan {held.id}. {held.message}",
    )
    rest = hold(connection, held.kind, held.place, trip, numbers, items, None).plan
    if held.kind == "channel":
        keep(connection, held.place, rest.id)
    return rest


def keep(connection: Connection, channel: str, plan: int) -> None:
    """Keep a plan's withdrawals from being delivered."""
    connection.execute(
        text(
            "UPDATE effect e SET held_by = :plan FROM held_item i WHERE i.plan_id = :plan AND e.channel = :channel "
            "AND e.subject = i.subject AND e.held_by IS DISTINCT FROM :plan"
        ),
        {"plan": plan, "channel": channel},
    )


def _close(connection: Connection, held: Held) -> None:
    """Close a source's offers as approved, and believe the snapshot that lacked them."""
    connection.execute(
        text(
            "WITH shut AS (UPDATE offer o SET status = 'closed', closed_reason = 'removed', changed_at = now(), "
            "revision = nextval('offer_revision_seq') FROM held_item i "
            "WHERE i.plan_id = :plan AND o.source = :place AND o.ref = i.subject RETURNING o.id) "
            "INSERT INTO offer_change (offer_id, change, fields) SELECT id, 'closed', "
            "jsonb_build_object('closed_reason', jsonb_build_array(NULL, 'removed'), 'plan', jsonb_build_array(NULL, :plan)) "
            "FROM shut"
        ),
        {"plan": held.id, "place": held.place},
    )
    connection.execute(
        text("UPDATE source SET last_snapshot_total = :total WHERE name = :place"),
        {"total": held.numbers["collected"], "place": held.place},
    )
