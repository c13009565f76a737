"""How long the main job takes on this machine: cold, unchanged, 1 % changed. Medians of interleaved rounds.

    make run                               # in one terminal, with a state folder of its own
    .venv/bin/python benchmarks/whole_sync.py --rounds 5

Uses the running stack. Each round: an unchanged sync, 1 % changed at the sandbox and its sync, a whole snapshot without
news. The cold figures are those that `make run` printed: a first sync happens once.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import urllib.request
from collections import defaultdict
from typing import Any


def sync(*words: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "deployments", "sync", "offers", "--json", *words]
    figures: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return figures


def change(sandbox: str) -> None:
    body = json.dumps({"share": 0.01}).encode()
    request = urllib.request.Request(
        f"{sandbox}/_sandbox/contractor/change", body, {"Content-Type": "application/json"}
    )
    urllib.request.urlopen(request, timeout=60).close()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--sandbox", default="http://127.0.0.1:4401")
    chosen = arguments.parse_args()
    seconds: dict[str, list[float]] = defaultdict(list)
    peaks: dict[str, list[float]] = defaultdict(list)
    for _ in range(chosen.rounds):
        for name, words in (("unchanged", ()), ("1 % changed", ()), ("whole, no news", ("--full",))):
            if name == "1 % changed":
                change(chosen.sandbox)
            figures = sync(*words)
            seconds[name].append(sum(stage["seconds"] for stage in figures["stages"]))
            peaks[name].append(max(stage["peak_mb"] for stage in figures["stages"]))
    for name, values in seconds.items():
        print(f"{name:<16} {statistics.median(values):6.2f} s   {max(peaks[name]):4.0f} MB")


if __name__ == "__main__":
    main()
