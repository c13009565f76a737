"""What README and docs point at is there: links to files and headings, and a row for every setting."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from connectors.settings import FOLDER, PREFIX, Settings

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()
]
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")


def anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_link_leads_somewhere(page: Path) -> None:
    for path, anchor in LINK.findall(page.read_text("utf-8")):
        target = page.parent / path if path else page
        assert target.exists(), path
        assert not anchor or anchor in anchors(target), f"{path}#{anchor}"


def test_what_to_press_is_led_to_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    pages = {f"docs/runbook/{page.name}" for page in (ROOT / "docs" / "runbook").iterdir()}
    assert {page for page in pages if f"]({page})" not in readme} == set()


def test_every_setting_has_its_row() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    table = readme.split("## Settings")[1].split("\n## ")[0]
    named = {
        name
        for row in re.findall(r"^\| ([A-Z][A-Z_, ]+) \|", table, re.MULTILINE)
        for name in row.split(", ")
    }
    assert named - {FOLDER.removeprefix(PREFIX)} == {name.upper() for name in Settings.model_fields}
