"""Every flow that can be started refuses a database that could lose what it confirmed, before it does anything."""

from __future__ import annotations

import datetime as dt
import re
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text

from connectors.region import database
from connectors.settings import ROOT, settings
from schemas.errors import Misconfigured

ENTRIES = sorted(
    set(re.findall(r"entrypoint: flows/(\w+)\.py:(\w+)", (ROOT / "prefect.yaml").read_text("utf-8")))
)


NEEDED: dict[str, dict[str, Any]] = {
    "decide_plan": {"plan": 1},
    "decide_posting": {"posting": 1, "revision": 1},
    "recover_run": {"run": "prefect.flow-run.0a1b2c3d-0000-4000-8000-000000000000"},
    "replay_quarantine": {"by": "Ada"},
    "replay_effects": {"by": "Ada"},
    "replay_channel": {"channel": "open_portal", "by": "Ada"},
    "withdraw_offer": {"name": "J-1", "reason": "a test", "by": "Ada"},
    "hold_session": {
        "title": "Essai",
        "starts": dt.datetime.fromisoformat("2099-01-06T14:00"),
        "minutes": 60,
        "capacity": 2,
        "by": "Ada",
    },
    "move_session": {"session": "S-1", "by": "Ada"},
    "cancel_session": {"session": "S-1", "reason": "un essai", "by": "Ada"},
    "firm_journey": {"siret": "73282932000074"},
    "form_cohorts": {"first": dt.date(2099, 1, 6)},
    "moderate": {"question": "q1", "verdict": "publish", "by": "Ada"},
    "answer_question": {"question": "q1", "answer": "En 2027.", "answered_by": "Ada", "by": "Ada"},
    "publish_medium": {"medium": "m1", "by": "Ada"},
    "withdraw_medium": {"medium": "m1", "by": "Ada", "why": "floue"},
    "withdraw_consent": {"student": "lou@lycee.example", "by": "Ada"},
    "announce_dialogue": {"dialogue": "d1", "by": "Ada"},
    "move_dialogue": {"dialogue": "d1", "by": "Ada"},
    "cancel_dialogue": {"dialogue": "d1", "by": "Ada", "reason": "un essai"},
    "fall_back_dialogue": {"dialogue": "d1", "by": "Ada", "reason": "un essai"},
    "publish_record": {"dialogue": "d1", "by": "Ada", "record": "Compte rendu."},
    "decide_move": {"proposal": 1, "verdict": "refuse", "by": "Ada"},
    "plan_season": {"season": "Hiver"},
    "announce_season": {"season": "Hiver", "by": "Ada"},
    "approve_digest": {"approval": 1},
    "send_digest": {"role": "press", "whom": "Service de presse", "by": "Ada"},
    "import_registrations": {"file": "feuille.csv", "by": "Ada"},
}


def flow_of(module: str, name: str) -> Any:
    return getattr(import_module(f"flows.{module}"), name)


def test_there_are_flows() -> None:
    assert len(ENTRIES) >= 3


@pytest.mark.database
@pytest.mark.parametrize(("module", "name"), ENTRIES)
def test_a_flow_refuses_an_unsafe_database(
    module: str, name: str, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unsafe = f"ALTER DATABASE {make_url(database_url).database} SET synchronous_commit = off"
    engine = create_engine(database_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(unsafe))
    engine.dispose()
    monkeypatch.setenv("BOOSTEZ_DATABASE_URL", database_url)
    forget()
    try:
        with pytest.raises(Misconfigured, match="synchronous_commit = off"):
            flow_of(module, name).fn(**NEEDED.get(name, {}))
        with database.region().begin() as connection:
            assert connection.scalar(text("SELECT count(*) FROM run")) == 0
    finally:
        database.region().dispose()
        forget()


def forget() -> None:
    """What this process read once, it reads again."""
    for cached in (settings, database.region, database.safe_region):
        cached.cache_clear()


@pytest.mark.database
def test_settling_is_work_that_a_restore_waits_for(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.settle import settle_effects
    from schemas.errors import Refused

    monkeypatch.setenv("BOOSTEZ_DATABASE_URL", database_url)
    forget()
    try:
        with database.region().alone(), pytest.raises(Refused, match="being restored"):
            settle_effects.fn()
    finally:
        database.region().dispose()
        forget()
