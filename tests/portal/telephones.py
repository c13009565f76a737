"""People with a telephone: a small screen, French, with JavaScript and without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser, BrowserContext


class World(Protocol):
    """Where a portal is."""

    @property
    def base(self) -> str: ...


Person = Callable[[], BrowserContext]


@pytest.fixture(params=["JavaScript", "no JavaScript"])
def person(request: pytest.FixtureRequest, browser: Browser, world: World) -> Iterator[Person]:
    """Somebody with a telephone, who was never here before."""
    came: list[BrowserContext] = []

    def coming() -> BrowserContext:
        size: Any = {"width": 360, "height": 740}
        context = browser.new_context(
            viewport=size,
            locale="fr-FR",
            base_url=world.base,
            java_script_enabled=request.param == "JavaScript",
        )
        came.append(context)
        return context

    yield coming
    for context in came:
        context.close()
