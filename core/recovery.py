"""Whether a run that died is run again.

Belongs here: the one rule. Does not: hearing of its death (deployments/automations.py) or setting it going (flows/recover.py).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

AGAIN: Final = "again"  # the tag of deployments whose flows find their work in rows: to run them twice does nothing twice
RETRY: Final = "AwaitingRetry"
CANCELLING: Final = "Cancelling"
DIED: Final = ("Crashed", "Failed")


def runs_again(states: Sequence[str], tags: Collection[str]) -> bool:
    """Whether a run with these states, oldest first, is run again: when it is dead, may be, never was, and nobody wanted it to end.

    Its history counts, not Prefect's ``run_count``: a run that dies before it begins has none, and would go on forever. A run that a
    person had tried again counts as one that was: somebody looks at it.
    """
    return bool(states) and states[-1] in DIED and AGAIN in tags and {RETRY, CANCELLING}.isdisjoint(states)
