"""The versions of the database that there are, and one of tomorrow, made up."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from connectors.region import migrations


def versions() -> list[str]:
    """Every version, oldest first."""
    config = Config()
    config.set_main_option("script_location", str(migrations.SCRIPTS))
    return [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()][::-1]


HEAD = versions()[-1]
TEMPLATE = """
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "9999", "{head}", None, None
def upgrade() -> None:
    {up}
def downgrade() -> None:
    {down}
"""
GOOD_UP = 'op.execute("ALTER TABLE effect ADD COLUMN seen int"); op.execute("CREATE TABLE seen_by (a int)")'
GOOD_DOWN = 'op.execute("DROP TABLE seen_by"); op.execute("ALTER TABLE effect DROP COLUMN seen")'
NextVersion = Callable[..., None]


@pytest.fixture
def next_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NextVersion:
    """Tomorrow's code, with one version more."""

    def written(up: str = GOOD_UP, down: str = GOOD_DOWN) -> None:
        scripts = tmp_path / "migrations"
        shutil.copytree(migrations.SCRIPTS, scripts)
        version = TEMPLATE.format(head=HEAD, up=up, down=down)
        (scripts / "versions" / "9999_tomorrow.py").write_text(version, "utf-8")
        monkeypatch.setattr(migrations, "SCRIPTS", scripts)

    return written
