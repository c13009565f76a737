"""``python -m tests.world [--seed N] [NUMBER:FAULT ...]``: one world, told as it goes.

Belongs here: the arguments, a database for one world. Does not: the world.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from connectors.region import migrations
from connectors.region.database import Region
from deployments import postgres
from tests.world.faults import EVERY
from tests.world.scenario import Tale, World
from tests.world.stage import set_up


def _fault(written: str) -> tuple[int, str]:
    number, _, fault = written.partition(":")
    if not number.isdigit() or fault not in EVERY:
        raise argparse.ArgumentTypeError(f"NUMBER:FAULT, with one of {', '.join(EVERY)}")
    return int(number), fault


def main() -> int:
    """Play a world; 0 when all is well."""
    parser = argparse.ArgumentParser(prog="python -m tests.world", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of what changes outside")
    parser.add_argument("--slow", action="store_true", help="hours pass between the syncs")
    parser.add_argument("--eager", action="store_true", help="all calls of a claim before its first receipt")
    parser.add_argument("faults", nargs="*", type=_fault, metavar="NUMBER:FAULT")
    asked = parser.parse_args()
    tale = Tale(asked.seed, asked.slow, asked.eager)
    with tempfile.TemporaryDirectory(prefix="boostez-world-") as folder:
        server = postgres.start(Path(folder) / "postgres" / "data")
        try:
            server.create_database("world")
            region = Region(server.url("world"))
            migrations.upgrade(region)
            region.dispose()
            with set_up(server.url("world"), Path(folder)) as stage:
                story = World(stage, dict(asked.faults), tale, tell=_say).play()
        finally:
            server.stop()
            postgres.remove(server.data)
    _say(f"\n{len(story.points)} points, quiet after {story.rounds} rounds")
    _say(str(story) if story.differences else "nothing lost, nothing twice")
    return bool(story.differences)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
