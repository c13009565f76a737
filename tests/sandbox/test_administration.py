from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox.app import create_app
from sandbox.malformations import BY_KIND
from sandbox.server import run, running
from tests.sandbox.conftest import JOBS, TRAININGS, Sandbox


def _well_formed(sandbox: Sandbox) -> dict[str, Any]:
    sound = {o["ref"] for o in sandbox.http.get("/_sandbox/truth/offers?malformed=false").json()["items"]}
    items = [i for i in sandbox.walk(limit=1000) if isinstance(i, dict)]
    return {item["ref"]: item for item in items if item.get("ref") in sound}


def _lasting(offer: dict[str, Any]) -> dict[str, Any]:
    """What is served, but for the values that every change moves."""
    return {
        name: bool(value) if name in {"version", "updated_at"} else value for name, value in offer.items()
    }


def test_a_change_touches_exactly_so_many_offers_and_moves_version_and_date(sandbox: Sandbox) -> None:
    sandbox.admin("contractor/heal")
    before = _well_formed(sandbox)
    done = sandbox.admin("contractor/change", share=0.05, close=2, appear=3, seed=1)
    after = _well_formed(sandbox)
    differing = {ref for ref in before if ref in after and before[ref] != after[ref]}
    assert differing == set(done["changed"])
    assert len(done["changed"]) == round(0.05 * (JOBS + TRAININGS))
    assert after.keys() - before.keys() == set(done["appeared"])
    assert before.keys() - after.keys() == set(done["closed"])
    for ref in differing:
        assert after[ref]["version"] == before[ref]["version"] + 1
        assert after[ref]["updated_at"] == done["at"] > before[ref]["updated_at"]
        assert after[ref]["description"] != before[ref]["description"]


def test_a_closed_offer_opens_again(sandbox: Sandbox) -> None:
    closed = sandbox.admin("contractor/change", close=3, seed=1)["closed"]
    assert not sandbox.admin("contractor/change", count=1, seed=2)["reopened"]
    again = sandbox.admin("contractor/change", reopen=2, seed=3)["reopened"]
    assert len(again) == 2
    assert set(again) < set(closed)
    served = {item["ref"]: item for item in sandbox.walk(limit=1000) if isinstance(item, dict)}
    assert {ref for ref in closed if ref in served} == set(again)
    assert {served[ref]["status"] for ref in again} == {"open"}
    assert {served[ref]["version"] for ref in again} == {3}
    assert sandbox.http.post("/_sandbox/contractor/change", json={"reopen": 2}).status_code == 400


def test_the_truth_remembers_what_was_deleted(sandbox: Sandbox) -> None:
    first, second = sandbox.post("Bonjour"), sandbox.post("Au revoir")
    sandbox.graph("DELETE", first)
    there = sandbox.http.get("/_sandbox/truth/posts").json()["items"]
    ever = sandbox.http.get("/_sandbox/truth/posts", params={"deleted": "true"}).json()["items"]
    assert [post["id"] for post in there] == [second]
    assert [post["id"] for post in ever] == [first, second]
    assert ever[0]["deleted_time"] >= ever[0]["created_time"]
    assert "deleted_time" not in ever[1]


def test_the_same_seed_changes_the_same_offers(sandbox: Sandbox) -> None:
    first = sandbox.admin("contractor/change", count=4, seed=9)["changed"]
    sandbox.admin("reset")
    assert sandbox.admin("contractor/change", count=4, seed=9)["changed"] == first


def test_an_offer_is_malformed_on_command_in_every_way_and_healed_again(sandbox: Sandbox) -> None:
    sandbox.renew()
    sandbox.admin("contractor/heal")
    assert sandbox.truth()["contractor"]["malformed"] == 0
    for kind, ref in (("job", "EMP-000003"), ("training", "FOR-000003")):
        good = sandbox.http.get(f"/v1/offers/{ref}").json()
        for how in BY_KIND[kind]:  # type: ignore[index]
            sandbox.admin("contractor/malform", refs=[ref], how=how)
            bad = sandbox.http.get(f"/v1/offers/{ref}").json()
            assert not isinstance(bad, dict) or _lasting(bad) != _lasting(good)
            assert sandbox.truth()["contractor"]["by_malformation"] == {how: 1}
        sandbox.admin("contractor/heal", refs=[ref])
        healed = sandbox.http.get(f"/v1/offers/{ref}").json()
        assert _lasting(healed) == _lasting(good)


def test_an_offer_that_is_not_even_json(sandbox: Sandbox) -> None:
    sandbox.admin("contractor/malform", refs=["EMP-000003"], how="not_json")
    assert b'"latitude":NaN' in sandbox.http.get("/v1/offers/EMP-000003").content


def test_a_truncated_snapshot_looks_whole(sandbox: Sandbox) -> None:
    sandbox.admin("contractor/truncate", keep=30)
    assert sandbox.offers().json()["total"] == 30 == len(sandbox.walk(limit=7))
    sandbox.admin("contractor/truncate", keep=0)
    assert sandbox.offers().json()["items"] == []
    sandbox.admin("contractor/truncate", keep=None)
    assert sandbox.offers().json()["total"] == JOBS + TRAININGS


def test_a_board_is_rendered_ahead_of_a_benchmark(sandbox: Sandbox) -> None:
    assert sandbox.admin("contractor/warm")["bytes"] > 1_000 * (JOBS + TRAININGS)


def test_wrong_commands_are_refused_and_change_nothing(sandbox: Sandbox) -> None:
    before = sandbox.truth()["contractor"]["snapshot_id"]
    for path, body in (
        ("clock", {"advance_seconds": -1}),
        ("contractor/change", {"count": 10_000}),
        ("contractor/malform", {"refs": ["EMP-000003"], "how": "sessions_order"}),
        ("contractor/malform", {"refs": ["EMP-999999"], "how": "title_long"}),
        ("faults", {"path": "(", "fault": "html"}),
        ("faults", {"path": "/", "fault": "plague"}),
        ("settings", {"colour": "red"}),
    ):
        assert sandbox.http.post(f"/_sandbox/{path}", json=body).status_code == 400, path
    assert sandbox.truth()["contractor"]["snapshot_id"] == before


def test_the_log_counts_the_calls_that_write(sandbox: Sandbox) -> None:
    sandbox.offers(limit=1)
    sandbox.batch(("GET", "1_1", {}))
    log = sandbox.http.get("/_sandbox/log").json()
    assert log["writing_calls"] == {"contractor": 0, "graph": 0}
    assert [(c["method"], c["path"], c["status"]) for c in log["calls"]] == [
        ("POST", "/oauth/token", 200),
        ("GET", "/v1/offers", 200),
        ("POST", "/graph/v26.0/", 200),
    ]
    sandbox.post("Bonjour")
    log = sandbox.http.get("/_sandbox/log", params={"since": log["count"]}).json()
    assert (log["writing_calls"]["graph"], len(log["calls"])) == (1, 1)


def test_an_alert_is_written_to_nobody_who_is_counted(sandbox: Sandbox) -> None:
    """A sync without changes was said to have written to the contractor when an alert left meanwhile."""
    assert sandbox.http.post("/inbox", json={"title": "a", "message": "b"}).status_code == 200
    assert sandbox.http.get("/_sandbox/log").json()["writing_calls"] == {"contractor": 0, "graph": 0}


def test_a_restart_tells_the_same_story(tmp_path: Path) -> None:
    file = tmp_path / "sandbox.sqlite"

    def story() -> tuple[Any, ...]:
        with running(create_app(file, jobs=30, trainings=40)) as url:
            sandbox = Sandbox(url)
            if not sandbox.truth()["graph"]["created"]:
                sandbox.admin("clock", advance_seconds=600)
                sandbox.renew()
                sandbox.admin("contractor/change", count=5, close=2, appear=2)
                sandbox.admin("contractor/malform", refs=["EMP-000001"], how="title_long")
                sandbox.post("Bonjour")
            posts = sandbox.http.get("/_sandbox/truth/posts").json()
            walk = sandbox.walk(updated_since="2000-01-01T00:00:00Z", limit=11)
            return sandbox.truth()["contractor"], posts, walk, sandbox.offers().headers["etag"]

    assert story() == story()


def test_a_state_file_of_another_story_is_refused(tmp_path: Path) -> None:
    create_app(tmp_path / "s", jobs=3, trainings=3)
    with pytest.raises(ValueError, match="another story"):
        create_app(tmp_path / "s", jobs=4, trainings=3)


def test_a_taken_port_is_an_error_at_once(sandbox: Sandbox) -> None:
    with pytest.raises(OSError, match="in use"):
        run("127.0.0.1", int(sandbox.url.rpartition(":")[2]), None)
