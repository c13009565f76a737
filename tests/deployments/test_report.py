"""What the terminal shows of a sync, whatever an outside system said."""

from __future__ import annotations

from typing import Any

import pytest

from core.registration import Change
from deployments import report

FIGURES: dict[str, Any] = {
    **dict.fromkeys(
        ("run", "collected", "echoes", "new", "changed", "closed", "held", "unchanged", "quarantined"), 1
    ),
    "source": "contractor",
    "mode": "full",
    "not_modified": False,
    "seconds": 1.0,
    "stages": [],
}


@pytest.mark.parametrize("said", ["[/foo]", "[red]danger", ":smile:", "[link=https://evil.example]x[/link]"])
def test_brackets_in_what_was_said_are_words(said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """ "[/foo]" from Graph once ended the summary with an error of the library that draws it."""
    counts = dict.fromkeys(("created", "updated", "withdrawn", "held", "unknown", "refused"), 0)
    report.summary({**FIGURES, "channels": {"facebook_page": {**counts, "error": said}}})
    assert said in capsys.readouterr().out


def test_a_plan_is_shown_with_each_field_as_it_was_and_as_it_will_be(
    capsys: pytest.CaptureFixture[str],
) -> None:
    changes = [
        Change("create", "deployment", "sync-offers/full", {"tags": (None, ["boostez"])}),
        Change("change", "deployment", "audit-channels/audit", {"description": ("?", "x" * 200)}),
        Change("remove", "automation", "old", {}),
    ]
    report.registration(changes, 41, dry_run=True)
    shown = capsys.readouterr().out
    assert "3 would be changed, 41 already as declared." in shown
    assert [
        word for word in ("create", "sync-offers/full", "description", "xxx…", "remove") if word not in shown
    ] == []


def test_of_two_objects_a_plan_shows_only_what_differs(capsys: pytest.CaptureFixture[str]) -> None:
    """A job template's part is a page of JSON, cut off before what had changed."""
    before = {"type": "object", "default": {"KEPT": "1", "BEATS": "60"}}
    after = {"title": "Environment", "type": "object", "default": {"KEPT": "1", "BEATS": "30"}}
    report.registration([Change("change", "work pool", "boostez", {"env": (before, after)})], 0, dry_run=True)
    shown = capsys.readouterr().out
    assert all(word in shown for word in ("BEATS", "60", "30", "Environment"))
    assert not any(word in shown for word in ("KEPT", "object"))


def test_when_there_is_nothing_to_change_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    report.registration([], 43, dry_run=False)
    assert capsys.readouterr().out == "0 changed, 43 already as declared.\n"
