"""Lies: what an outside that answers well can still say that is not so, and what must come of it.

Belongs here: stories without faults, each giving the differences in words as truth.py does. Does not: faults (faults.py) or
what a guard's rule says of numbers (tests/core/test_guards.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import text

from connectors.region.offers import offers as region_offers
from connectors.registry import policies
from flows import offers
from tasks import run
from tasks.deliver import carry_out
from tasks.progress import Progress
from tasks.run import Delivered
from tests.world.scenario import World, sync
from tests.world.serving import JOBS, TRAININGS
from tests.world.stage import Stage

PAGE: Final = "facebook_page"
ALL: Final = JOBS + TRAININGS
FEW: Final = {"guard_fall": 1.0, "guard_run_floor": 2, "guard_day_floor": 2}  # 3 of 12 are too many

Lie = Callable[[Stage], list[str]]


def a_snapshot_of_nothing(stage: Stage) -> list[str]:
    """The contractor serves an empty catalogue."""
    return _cut(stage, 0, ALL, {"guard_fall": 1.0, "guard_run_floor": ALL, "guard_day_floor": ALL})


def a_snapshot_that_lacks_one_too_many(stage: Stage) -> list[str]:
    """One absent offer more than a run may close."""
    return _cut(stage, ALL - 3, ALL, FEW)


def a_snapshot_that_lacks_as_many_as_may(stage: Stage) -> list[str]:
    """Just as many absent offers as a run may close: they go, or no offer ever would."""
    return _cut(stage, ALL - 2, ALL - 2, FEW)


def _cut(stage: Stage, keep: int, left: int, limits: dict[str, Any]) -> list[str]:
    world = World(stage)
    before, stage.settings = stage.settings, stage.settings.model_copy(update=limits)
    try:
        world.attempt("full sync", sync, full=True)
        stage.sandbox.tell("/contractor/truncate", keep=keep)
        world.attempt("full sync", sync, full=True)
        world.attempt("full sync", sync, full=True)
    finally:
        stage.settings = before
    told = stage.sandbox.truth()["inbox"]["messages"]
    return _differences(stage, left) + _expected("messages", told, int(left == ALL))


def an_offer_that_outlives_its_end_date(stage: Stage) -> list[str]:
    """The contractor goes on serving it, byte for byte."""
    world = World(stage)
    world.attempt("full sync", sync, full=True)
    with stage.direct.begin() as connection:
        connection.execute(
            text(
                "UPDATE offer SET expires_at = now() - interval '1 hour' WHERE id = (SELECT min(id) FROM offer)"
            )
        )
    world.attempt("full sync", sync, full=True)
    return _differences(stage, ALL - 1)


def an_offer_whose_newest_payload_is_invalid(stage: Stage) -> list[str]:
    """It is there, and says what no offer may: it stays as it was."""
    world = World(stage)
    world.attempt("full sync", sync, full=True)
    ref = stage.sandbox.http.get("/truth/offers").json()["items"][0]["ref"]
    stage.sandbox.tell("/contractor/malform", refs=[ref], how="title_long")
    world.attempt("full sync", sync, full=True)
    return _differences(stage, ALL)


def a_plan_whose_offers_have_closed(stage: Stage) -> list[str]:
    """What is sent is what was planned: between the plan and its delivery every offer closes."""
    world = World(stage)
    world.attempt("plan", _plan)
    with stage.direct.begin() as connection:
        ids = list(connection.execute(text("SELECT id FROM offer")).scalars())
    for offer in ids:
        region_offers.withdraw(stage.direct, offer, "Ada", "a test")
    world.attempt("deliver", _deliver, stage=stage)
    return _expected("posts ever created", stage.sandbox.truth()["graph"]["created"], 0)


def _plan() -> None:
    """Everything up to the Page's plan."""
    flow: Any = offers  # its tasks, as plain functions here
    with run.opened("contractor", "full") as under_way:
        walk = flow.collect(under_way, None)
        for chunk in flow.changed(under_way):
            flow.reconcile(under_way, flow.validate(under_way, chunk))
        flow.close(under_way, walk)
        flow.plan(under_way, policies(under_way.settings.channels_file)[PAGE])


def _deliver(*, stage: Stage) -> None:
    carry_out(stage.region, stage.settings, PAGE, Delivered(), Progress("deliver", 0))


def _differences(stage: Stage, left: int) -> list[str]:
    with stage.direct.begin() as connection:
        board = connection.execute(text("SELECT count(*) FROM board WHERE withdrawn_at IS NULL")).scalar_one()
    return _expected("posts", stage.sandbox.truth()["graph"]["posts"], left) + _expected(
        "offers that residents see", board, left
    )


def _expected(what: str, found: int, wanted: int) -> list[str]:
    return [] if found == wanted else [f"{what}: {found}, and {wanted} are right"]


LIES: Final[tuple[Lie, ...]] = (
    a_snapshot_of_nothing,
    a_snapshot_that_lacks_one_too_many,
    a_snapshot_that_lacks_as_many_as_may,
    an_offer_that_outlives_its_end_date,
    an_offer_whose_newest_payload_is_invalid,
    a_plan_whose_offers_have_closed,
)
