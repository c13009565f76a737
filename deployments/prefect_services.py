"""Prefect's services, in a process that ends when it is told to: `python -m deployments.prefect_services`, and Prefect's own words.

Belongs here: what stops them. Does not: which there are, or what they are set to (orchestration.py).

They listen to SIGINT alone. What else tells them to stop would cut them off amid their batches, and a container's first process is not
even told: a pod waited for its grace to pass and was killed.
"""

from __future__ import annotations

import signal

from prefect.cli import app


def main() -> None:
    """Be Prefect's command; SIGTERM is SIGINT."""
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    app()


if __name__ == "__main__":
    main()
