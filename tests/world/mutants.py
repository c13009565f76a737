"""Mutants: mistakes that somebody could make in the hub, one at a time, and the worlds that must notice each.

Belongs here: the twelve, as patches of our own code. Does not: the worlds themselves (scenario.py, lies.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec
import pytest

from connectors.facebook_page.channel import FacebookPage
from connectors.graph.client import Graph
from connectors.graph.words import Item
from connectors.http import Http, Response
from connectors.region.ledger import ledger
from connectors.region.offers import offers
from core.effects import Intent, Receipt
from core.guards import Limits
from schemas.errors import Unknown
from tasks import settle
from tests.world import lies
from tests.world.scenario import Tale, World
from tests.world.stage import Stage
from tests.world.walking import Clean

Patch = pytest.MonkeyPatch
Noticed = Callable[[Stage, Clean], Iterator[list[str]]]


class Mutant(msgspec.Struct, frozen=True):
    """A mistake: ``make`` puts it in place, ``worlds`` play what must notice it, one world's differences at a time."""

    name: str
    make: Callable[[Patch], None]
    worlds: Noticed


def _struck(fault: str, label: str) -> Noticed:
    """Worlds in which ``fault`` strikes each point with that label, of the numbering without the mutant."""

    def play(stage: Stage, clean: Clean) -> Iterator[list[str]]:
        for point in clean(Tale()):
            if label in point.label and fault in point.faults:
                yield World(stage, {point.number: fault}).play().differences

    return play


def _undisturbed(stage: Stage, _clean: Clean) -> Iterator[list[str]]:
    yield World(stage).play().differences


def _told(lie: lies.Lie) -> Noticed:
    def play(stage: Stage, _clean: Clean) -> Iterator[list[str]]:
        yield lie(stage)

    return play


def _retry_on_500(patch: Patch) -> None:
    write = Http.write

    def again(http: Http, path: str, **more: Any) -> Response:
        try:
            response = write(http, path, **more)
        except Unknown:
            return write(http, path, **more)
        return response if response.status_code < 500 else write(http, path, **more)

    patch.setattr(Http, "write", again)


def _mark_before_send(patch: Patch) -> None:
    claim = ledger.claim

    def claimed(region: Any, channel: str, *more: Any) -> tuple[int, list[Intent]]:
        lease, intents = claim(region, channel, *more)
        ledger.receive(region, lease, [Receipt(intent.effect, "done") for intent in intents])
        return lease, intents

    patch.setattr(ledger, "claim", claimed)
    _no_fence(patch)


def _no_fence(patch: Patch) -> None:
    patch.setattr(ledger, "holds", lambda *_: True)


def _no_look_up(patch: Patch) -> None:
    patch.setattr(settle, "proof", lambda intent, _found: Receipt(intent.effect, "missing"))


def _no_lease(patch: Patch) -> None:
    _replace(patch, ledger, "_RECEIVE", "AND e.lease = :lease AND e.lease_until IS NOT NULL ", "")
    _no_fence(patch)


def _stale_plan_accepted(patch: Patch) -> None:
    _replace(patch, ledger, "DUE", "o.revision <= c.planned_revision AND ", "")
    _replace(
        patch,
        ledger,
        "DUE",
        "(o.status = 'open' AND e.wanted_hash = sha256(o.content_hash || :form))",
        "true",
    )


def _replace(patch: Patch, module: Any, name: str, old: str, new: str) -> None:
    statement: str = getattr(module, name)
    assert old in statement, f"{name} has changed: mend this mutant"
    patch.setattr(module, name, statement.replace(old, new))


def _guard_off_by_one(patch: Patch) -> None:
    run, day = Limits.run, Limits.day
    patch.setattr(Limits, "run", lambda limits, present: run(limits, present) + 1)
    patch.setattr(Limits, "day", lambda limits, present: day(limits, present) + 1)


def _withdraw_on_invalid(patch: Patch) -> None:
    seen = "WHERE c.run_id = :run AND c.key = o.ref"
    valid = "AND NOT EXISTS (SELECT FROM quarantine q WHERE q.source = o.source AND q.key = c.key AND q.raw_hash = c.raw_hash)"
    _replace(patch, offers, "_ABSENT", seen, f"{seen} {valid}")


def _empty_snapshot_accepted(patch: Patch) -> None:
    patch.setattr(offers, "snapshot", lambda *_: None)


def _marker_missing(patch: Patch) -> None:
    patch.setattr(FacebookPage, "_link", lambda page, marker: f"{page._publisher}/offres/{marker[:12]}")  # noqa: SLF001


def _receipts_dropped(patch: Patch) -> None:
    patch.setattr(ledger, "receive", lambda *_: 0)


def _expiry_ignored(patch: Patch) -> None:
    patch.setattr(offers, "expire", lambda *_: 0)


def _batch_item_order_assumed(patch: Patch) -> None:
    write = Graph.write

    def pressed(graph: Graph, items: list[Item]) -> list[Any]:
        """What is null is left out, and the rest moves up."""
        answers = [answer for answer in write(graph, items) if answer is not None]
        return [*answers, *[None] * (len(items) - len(answers))]

    patch.setattr(Graph, "write", pressed)


WRITE: Final = "POST)"  # in the label of a batch that writes
MUTANTS: Final[Mapping[str, Mutant]] = {
    mutant.name: mutant
    for mutant in (
        Mutant("retry on 500", _retry_on_500, _struck("error_500_after", WRITE)),
        Mutant("mark before send", _mark_before_send, _struck("die_before", WRITE)),
        Mutant("no look-up", _no_look_up, _struck("timeout_after", WRITE)),
        Mutant("no lease", _no_lease, _struck("overtaken", "ledger.claim")),
        Mutant("stale plan accepted", _stale_plan_accepted, _told(lies.a_plan_whose_offers_have_closed)),
        Mutant("guard off by one", _guard_off_by_one, _told(lies.a_snapshot_that_lacks_one_too_many)),
        Mutant(
            "withdraw on invalid", _withdraw_on_invalid, _told(lies.an_offer_whose_newest_payload_is_invalid)
        ),
        Mutant("empty snapshot accepted", _empty_snapshot_accepted, _told(lies.a_snapshot_of_nothing)),
        Mutant("marker missing", _marker_missing, _struck("timeout_after", WRITE)),
        Mutant("receipts dropped", _receipts_dropped, _undisturbed),
        Mutant("expiry ignored", _expiry_ignored, _told(lies.an_offer_that_outlives_its_end_date)),
        Mutant("batch item order assumed", _batch_item_order_assumed, _struck("null_item", WRITE)),
    )
}
