"""The places that dialogues are announced in, as the conformance suite sees them: from outside, as they really are.

Belongs here: one adapter a place. Does not: the suite (test_announcers.py).
"""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final, NamedTuple

import pytest

from tests.hands import PageEditor
from tests.worlds import Hub, Sandbox


class Shown(NamedTuple):
    """One object as anybody sees it: its id there, and everything that it says."""

    id: str
    text: str


class Place(ABC):
    """A place in its own words.

    ``faults``: how it can misbehave, by a name that says whether the call was carried out (``after``), or not.
    """

    faults: ClassVar[Mapping[str, Mapping[str, Any]]]

    def __init__(self, hub: Hub, sandbox: Sandbox) -> None:
        self.hub, self.sandbox = hub, sandbox

    def subject(self, ref: str) -> str:
        """What the ledger calls a dialogue here."""
        return ref

    @abstractmethod
    def there(self) -> list[Shown]:
        """What is there now, ours or not."""

    @abstractmethod
    def made(self) -> int:
        """How many were ever made, by anybody."""

    @abstractmethod
    def writes(self) -> int:
        """How many calls that write it has had."""

    @abstractmethod
    def strike(self, fault: str) -> None:
        """The next call that writes meets this fault; if it is of one object, of the last."""

    @abstractmethod
    def struck(self) -> int:
        """How many calls did."""

    @abstractmethod
    def add(self, text: str) -> str:
        """Somebody else makes one that says this. Returns its id."""

    @abstractmethod
    def edit(self, there: str, text: str) -> None:
        """Somebody has it say something else."""

    @abstractmethod
    def remove(self, there: str) -> None:
        """Somebody takes it away."""


class _Graph(Place):
    """What is on the Page."""

    faults: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "timeout_before": {"seconds": 3},
        "timeout_after": {"seconds": 3},
        "error_500_before": {},
        "error_500_after": {},
        "rate_limited": {},
        "cut_body": {},
        "wrong_json": {},
        "html": {},
        "null_item": {"item": 2},
        "null_item_after": {"item": 2},
    }

    def __init__(self, hub: Hub, sandbox: Sandbox) -> None:
        super().__init__(hub, sandbox)
        self.editor = PageEditor(hub.settings)

    def writes(self) -> int:
        return int(self.sandbox.http.get("/log").json()["writing_calls"]["graph"])

    def strike(self, fault: str) -> None:
        self.sandbox.fault(r"/graph/v\d+\.\d+/$", fault, method="POST", **self.faults[fault])

    def struck(self) -> int:
        return self.sandbox.hits()

    def remove(self, there: str) -> None:
        self.editor.delete(there)


class FacebookPosts(_Graph):
    """The Page's posts."""

    def there(self) -> list[Shown]:
        return [Shown(post["id"], post["message"]) for post in self.sandbox.posts()]

    def made(self) -> int:
        return int(self.sandbox.truth()["graph"]["created"])

    def add(self, text: str) -> str:
        return self.editor.post(text)

    def edit(self, there: str, text: str) -> None:
        self.editor.edit(there, text)


class FacebookLives(_Graph):
    """Its live videos."""

    def there(self) -> list[Shown]:
        return [
            Shown(live["id"], f"{live['title']}\n{live['description']}")
            for live in self.sandbox.lives()
            if live["deleted"] is None
        ]

    def made(self) -> int:
        return int(self.sandbox.truth()["lives"]["created"])

    def add(self, text: str) -> str:
        starts = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
        return self.editor.schedule("Le nôtre", text, starts)

    def edit(self, there: str, text: str) -> None:
        self.editor.change(there, description=text)


PLACES: Final[Mapping[str, Callable[[pytest.FixtureRequest, Hub, Sandbox], Place]]] = {
    "facebook_dialogues": lambda _request, hub, sandbox: FacebookPosts(hub, sandbox),
    "facebook_live": lambda _request, hub, sandbox: FacebookLives(hub, sandbox),
}
"""How each is reached; what needs a server of its own asks the request for its fixture."""
FAULTS: Final = {"facebook_dialogues": FacebookPosts.faults, "facebook_live": FacebookLives.faults}
