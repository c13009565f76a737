"""What the terminal shows of a sync, whatever an outside system said."""

from __future__ import annotations

from typing import Any

import pytest

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
