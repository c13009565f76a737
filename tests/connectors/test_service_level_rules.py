"""The reviewed file of objectives: what it says, and what is wrong with one that is wrong."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from connectors.registry import objectives
from connectors.settings import Settings
from schemas.errors import Misconfigured

ONE = 'days = 28\n[[objectives]]\nkind = "freshness"\nof = "contractor"\nminutes = 90\nshare = 0.99\n'


def test_the_file_that_is_shipped_fits_and_promises_every_kind() -> None:
    rules = objectives(Settings())
    assert rules.window == dt.timedelta(days=28)
    assert {objective.kind for objective in rules.objectives} == {"freshness", "latency", "reminders"}


@pytest.mark.parametrize(
    ("was", "wrong", "said"),
    [
        ("0.99", "1.0", "/objectives/0/share"),
        ("90", "0", "/objectives/0/minutes"),
        ('of = "contractor"\n', "", "'of'"),
        ('"contractor"', '"fax"', "there is none of that name"),
        ('"freshness"', '"reminders"', "/objectives/0/of"),
        ("days = 28", "days = 28\nweeks = 4", "weeks"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, was: str, wrong: str, said: str) -> None:
    file = tmp_path / "levels.toml"
    file.write_text(ONE.replace(was, wrong))
    with pytest.raises(Misconfigured, match=said):
        objectives(Settings(service_levels_file=file))
