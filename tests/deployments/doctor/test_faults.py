"""What the doctor finds: nothing where all is well, and of faults that are planted one at a time in real things exactly that one."""

from __future__ import annotations

import pytest

from tests.deployments.doctor.conftest import Stand, examined

pytestmark = [pytest.mark.database, pytest.mark.xdist_group("doctor")]


def test_where_all_is_well_nothing_is_bad_and_nothing_to_do(stand: Stand) -> None:
    found = examined(stand.case)
    assert {name: r for name, r in found.items() if r.verdict not in {"good", "not asked"}} == {}
    assert {name for name, r in found.items() if r.verdict == "not asked"} == {"calendars", "dead man's switch"}
    assert [name for name, r in found.items() if r.todo] == []
