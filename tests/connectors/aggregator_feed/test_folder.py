from __future__ import annotations

from pathlib import Path

from connectors.aggregator_feed.channel import AggregatorFeed


def test_what_a_dead_writer_left_is_taken_away_by_the_next(tmp_path: Path) -> None:
    """A writer killed between building the feed and putting it in place left its hidden folder, both files in it, for ever.

    Found by the world tests. One writer at a time holds the channel, so such a folder is a dead one's.
    """
    left = tmp_path / ".new-dead"
    left.mkdir()
    (left / "aggregator.xml").write_text("half a fe")
    (tmp_path / "jobs.xml").write_text("somebody else's")

    AggregatorFeed(f"file://{tmp_path}", "https://portail.example").replace([], "2026-11-24T12:00:00Z")

    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "aggregator.xml",
        "aggregator.xml.gz",
        "jobs.xml",
    ]


def test_whether_the_folder_takes_a_file_is_tried_and_leaves_nothing(tmp_path: Path) -> None:
    """Also before the first feed: its folder is then to be made."""
    AggregatorFeed(f"file://{tmp_path}/a/feeds", "https://portail.example").try_out()
    assert list(tmp_path.iterdir()) == []
