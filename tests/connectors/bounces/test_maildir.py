"""The Maildir that letters come back to: read once, never emptied, and nothing in it breaks its reader."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from connectors.bounces.maildir import Read, read_new
from core.bounces import LARGEST, Bounce
from schemas.errors import Misconfigured
from tests.bounces import MARKER, report
from tests.makers import NOON


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    for name in ("new", "cur", "tmp"):
        (tmp_path / name).mkdir()
    return tmp_path


def put(maildir: Path, name: str, raw: bytes) -> None:
    file = maildir / "new" / name
    file.write_bytes(raw)
    os.utime(file, (NOON.timestamp(), NOON.timestamp()))


def names(maildir: Path, folder: str) -> list[str]:
    return sorted(file.name for file in (maildir / folder).iterdir())


def test_what_came_back_is_told_oldest_first_and_put_aside(maildir: Path) -> None:
    put(maildir, "1764.b.host", report(returned="Message-ID: <b.2-2@p.example>\n"))
    put(maildir, "1763.a.host", report(returned="Message-ID: <a.1-1@p.example>\n"))
    put(maildir, "1765.c.host", b"Subject: Absence\n\nJe suis absente.\n")
    told: list[Bounce] = []
    assert read_new(maildir, told.extend) == Read(reports=2, others=1)
    assert [bounce.marker for bounce in told] == ["a.1-1", "b.2-2"]
    assert names(maildir, "new") == []
    assert names(maildir, "cur") == ["1763.a.host:2,S", "1764.b.host:2,S", "1765.c.host:2,S"]
    assert read_new(maildir, told.extend) == Read()
    assert len(told) == 2


def test_what_could_not_be_kept_is_told_again(maildir: Path) -> None:
    """Else a report would be lost with the worker that read it."""
    put(maildir, "1763.a.host", report())

    def lose(_: tuple[Bounce, ...]) -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        read_new(maildir, lose)
    assert names(maildir, "new") == ["1763.a.host"]
    told: list[Bounce] = []
    read_new(maildir, told.extend)
    assert [bounce.marker for bounce in told] == [MARKER]


def test_a_mail_of_the_same_name_is_not_overwritten(maildir: Path) -> None:
    for text in (b"one", b"two", b"three"):
        put(maildir, "1763.a.host:2,", b"Subject: x\n\n" + text)
        read_new(maildir, lambda _: None)
    assert names(maildir, "cur") == ["1763.a.host.1:2,S", "1763.a.host.2:2,S", "1763.a.host:2,S"]


def test_only_plain_files_of_the_folder_are_read(
    maildir: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "secret"
    outside.write_bytes(report())
    (maildir / "new" / "1.link").symlink_to(outside)
    (maildir / "new" / "2.folder").mkdir()
    os.mkfifo(maildir / "new" / "3.pipe")
    put(maildir, ".hidden", report())
    put(maildir, "4.mail", report())
    told: list[Bounce] = []
    assert read_new(maildir, told.extend, most=1) == Read(reports=1, skipped=3)
    assert len(told) == 1
    assert names(maildir, "new") == [".hidden", "1.link", "2.folder", "3.pipe"]


def test_of_a_huge_mail_the_beginning_is_read(maildir: Path) -> None:
    put(maildir, "1.mail", report() + b"x" * 2 * LARGEST)
    told: list[Bounce] = []
    assert read_new(maildir, told.extend).reports == 1
    assert names(maildir, "cur") == ["1.mail:2,S"]


def test_the_rest_comes_with_the_next_reading(maildir: Path) -> None:
    for number in range(5):
        put(maildir, f"{number}.mail", report())
    assert [read_new(maildir, lambda _: None, most=2).reports for _ in range(3)] == [2, 2, 1]


@pytest.mark.parametrize("lacking", ["new", "cur"])
def test_a_folder_that_is_no_maildir_names_its_setting(maildir: Path, lacking: str) -> None:
    (maildir / lacking).rmdir()
    with pytest.raises(Misconfigured, match="BOOSTEZ_BOUNCES"):
        read_new(maildir, lambda _: None)
