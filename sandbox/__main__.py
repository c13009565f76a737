"""``python -m sandbox [port [state file]]``: the sandbox with its defaults.

Belongs here: two arguments. Does not: the command line of the hub (deployments/cli.py).
"""

from __future__ import annotations

import sys
from pathlib import Path

from sandbox.server import run

if __name__ == "__main__":
    arguments = sys.argv[1:]
    run(
        port=int(arguments[0]) if arguments else 4401,
        state_file=Path(arguments[1]) if len(arguments) > 1 else None,
    )
