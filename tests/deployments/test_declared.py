from __future__ import annotations

from pathlib import Path

import pytest

from deployments import automations
from deployments.declared import FILE, POOL, declared
from schemas.errors import Misconfigured


def test_the_pool_comes_first_and_automations_after_the_deployment_that_one_starts() -> None:
    things = declared()
    assert (things[0].kind, things[0].name) == ("work pool", POOL)
    names = [thing.name for thing in things]
    assert names.index(automations.RECOVER) < min(names.index(each.name) for each in automations.declared())
    assert len(set(names)) == len(names)


def test_what_is_declared_is_the_same_each_time() -> None:
    """Sets in a trigger have no order: each deploy would have changed the automations."""
    assert declared() == declared()


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("tags: [boostez, offers]", "tag: [boostez, offers]", "tag"),
        ("slug: every-quarter", "slag: every-quarter", "slag"),
        (", slug: every-quarter", "", "slug"),
        ("collision_strategy: CANCEL_NEW", "collision_strategy: CANCEL", "CANCEL"),
        ('cron: "10 4 * * *"', 'cron: "10 25 * * *"', "cron"),
        ('cron: "10 4 * * *"', "interval: 60", "anchor_date"),
        ('cron: "10 4 * * *"', "day_or: true", "day_or"),
        ("name: boostez\n\npull", "nam: boostez\n\npull", "nam"),
        ("deployments:\n", "deployments: [\n", "prefect.yaml"),
    ],
)
def test_a_slip_of_the_pen_is_told_where_it_is(right: str, wrong: str, told: str, tmp_path: Path) -> None:
    written = FILE.read_text("utf-8")
    assert right in written
    file = tmp_path / "prefect.yaml"
    file.write_text(written.replace(right, wrong, 1), "utf-8")
    with pytest.raises(Misconfigured, match=r"prefect\.yaml") as error:
        declared(file)
    assert told in str(error.value)
