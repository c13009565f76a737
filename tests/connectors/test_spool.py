from __future__ import annotations

from pathlib import Path

from connectors.spool import Spool


def test_what_was_appended_is_read_back_by_its_position(tmp_path: Path) -> None:
    with Spool(tmp_path / "spool", 1) as spool:
        first, second = spool.append(b"one"), spool.append(b"three")
        assert spool.read(second, 5) == b"three"
        assert spool.append(b"two") == 8
        assert spool.read(first, 11) == b"onethreetwo"
        spool.clear()
        assert spool.append(b"four") == 0
        assert spool.read(0, 11) == b"four"


def test_a_run_that_is_killed_leaves_nothing_on_the_disk(tmp_path: Path) -> None:
    """A run that died kept its spool for ever: 100 MB of a whole catalogue each time, since only its end removed it.

    Found by the world tests: the litter of every death. The file has no name now, so the system frees it with its process.
    """
    with Spool(tmp_path / "spool", 1) as spool:
        spool.append(b"one")
        assert list((tmp_path / "spool").iterdir()) == []
