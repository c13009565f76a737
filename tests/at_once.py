"""Several people at the same moment: real threads, each with a connection of its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

ROUNDS = 50  # a race that is lost once in twenty is lost


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each returns; all begin together. Raises what any of them raises."""
    start = Barrier(len(acts))

    def begin(act: Callable[[], Any]) -> Any:
        start.wait(30)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [future.result(60) for future in [pool.submit(begin, act) for act in acts]]
