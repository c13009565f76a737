"""Whether an address answers 200, for health checks: `python answers.py URL`. Starts in 60 ms, the command line in a second.

Belongs here: that one question. Does not: what healthy means (the portal, Prefect and its worker say).
"""

from __future__ import annotations

import sys
import urllib.error
import urllib.request


def answers(address: str) -> bool:
    """Ask once, for four seconds at most."""
    try:
        with urllib.request.urlopen(address, timeout=4) as answer:  # noqa: S310 - an address of this container's own
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


if __name__ == "__main__":
    sys.exit(not answers(sys.argv[1]))
