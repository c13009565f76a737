"""What staff press about covered events, and what time brings: from the form to what Instagram really shows."""

from __future__ import annotations

import datetime as dt

import pytest

from connectors.region.alerting import alerts
from flows.coverage import publish_medium, withdraw_consent, withdraw_medium
from flows.watch_coverage import retain_coverage, watch_coverage
from schemas.errors import Refused
from tests.coverage import Covering
from tests.flows.stories import is_json
from tests.hands import sql
from tests.worlds import Hub, Sandbox

pytestmark = [pytest.mark.database, pytest.mark.catalogue(1, 1)]
NOW = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1)


def shown(sandbox: Sandbox) -> int:
    return int(sandbox.truth()["instagram"]["media"])


def test_published_with_consent_and_gone_with_it(flowing: Hub, sandbox: Sandbox) -> None:
    world = Covering(flowing.region, NOW)
    child = world.student()
    medium = world.medium(child)
    with pytest.raises(Refused, match="has not agreed"):
        publish_medium(medium=medium.ref, by="Ada")
    assert shown(sandbox) == 0

    world.agree(child)
    told = publish_medium(medium=medium.ref, by="Ada")
    assert is_json(told)
    assert told["shown"]["instagram"]["created"] == 1
    assert shown(sandbox) == 1
    assert flowing.audit("instagram").agrees

    told = withdraw_consent(student=child.email, by="Ada")
    assert [*told["withdrawn"]["media"]] == [medium.ref]
    assert shown(sandbox) == 0
    assert flowing.audit("instagram").agrees
    assert [alert.cause for alert in alerts.unresolved(flowing.region)] == []
    assert any(medium.ref in str(message) for message in sandbox.messages())
    assert {mail["to"] for mail in sandbox.mails()} == {child.email, child.guardian_email}


def test_what_time_ends_comes_down_by_itself_and_staff_take_down_one(flowing: Hub, sandbox: Sandbox) -> None:
    world = Covering(flowing.region, NOW)
    adult = world.agreed(20)
    one, two = world.published(adult), world.published()
    assert watch_coverage()["shown"]["instagram"]["created"] == 2
    sql(
        flowing.region,
        "UPDATE media_consent SET given_at = :a, expires_at = :b",
        a=NOW - dt.timedelta(days=2),
        b=NOW,
    )
    told = watch_coverage()
    assert is_json(told)
    assert ([*told["expired"]["media"]], told["gone"]) == ([one.ref], 1)
    withdraw_medium(medium=two.ref, by="Ada", why="Floue.")
    assert shown(sandbox) == 0
    assert retain_coverage() == {"media": 0, "students": 0}
