"""What is not imported holds nothing that was asked for: a module whose marks were misread would be left out in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.selection import holds_nothing, marks_of, refused


def test_marks_are_read_from_the_source_as_pytest_reads_them(request: pytest.FixtureRequest) -> None:
    modules = {item.getparent(pytest.Module) for item in request.session.items}
    assert modules
    for module in modules:
        assert module is not None
        told = getattr(module.obj, "pytestmark", [])
        marks = {mark.name for mark in (told if isinstance(told, list) else [told])}
        assert marks_of(module.path) == marks, module.nodeid


@pytest.mark.parametrize(
    ("expression", "marks"),
    [
        ("not slow", {"slow"}),
        ("not database and not slow", {"database", "slow"}),
        ("", set()),
        ("database", set()),
        ("not database or slow", set()),
        ("database and not slow", set()),
        ("not (database and slow)", set()),
    ],
)
def test_only_what_refuses_and_asks_for_nothing_else_is_heard(expression: str, marks: set[str]) -> None:
    assert refused(expression) == marks


def test_a_folder_is_passed_over_when_every_module_in_it_is(tmp_path: Path) -> None:
    one, other = tmp_path / "test_one.py", tmp_path / "deep" / "test_other.py"
    other.parent.mkdir()
    one.write_text("pytestmark = [\n    pytest.mark.database,\n    pytest.mark.slow,\n]\n")
    other.write_text("pytestmark = pytest.mark.database\n")
    assert holds_nothing(tmp_path, "not database")
    assert not holds_nothing(tmp_path, "not slow")
    assert holds_nothing(one, "not slow")
    assert not holds_nothing(one, "slow")
    assert not holds_nothing(tmp_path / "conftest.py", "not slow")
