"""The places that dialogues are announced in, as the conformance suite sees them: from outside, as they really are.

Belongs here: one adapter a place. Does not: the suite (test_announcers.py).
"""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final, NamedTuple, cast
from zlib import crc32

import pytest
from caldav.lib.error import NotFoundError
from icalendar import Calendar, Event
from pydantic import SecretStr

from tests.calendars import PASSWORD, USER, Line, Radicale, Trouble
from tests.hands import PageEditor
from tests.worlds import Hub, Sandbox

CALENDAR: Final = "dialogues"
SOON: Final = dt.datetime.now(dt.UTC).replace(second=0, microsecond=0) + dt.timedelta(days=3)


class Shown(NamedTuple):
    """One object as anybody sees it: its id there, and everything that it says."""

    id: str
    text: str


class Place(ABC):
    """A place in its own words.

    ``faults``: how it can misbehave, by a name that says whether the call was carried out (``after``), or not.
    """

    faults: ClassVar[Mapping[str, Mapping[str, Any]]]
    sees_others = True  # whether its inventory tells of what is not ours
    longest = 5_000  # characters that it shows of a dialogue whose every text has ten thousand

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
        return self.editor.schedule("Le nôtre", text, SOON)

    def edit(self, there: str, text: str) -> None:
        self.editor.change(there, description=text)


class Events(Place):
    """Events in a calendar of radicale's, behind a line that can be cut; people have clients of their own."""

    faults: ClassVar[Mapping[str, Mapping[str, Any]]] = {"lost before": {}, "lost after": {}, "500 after": {}}
    sees_others = False
    longest = 100_000

    def __init__(self, hub: Hub, sandbox: Sandbox, radicale: Radicale, line: Line) -> None:
        super().__init__(hub, sandbox)
        radicale.forget()
        self._line, self._calendar = line, radicale.witness(CALENDAR)
        self._troubled = 0
        hub.settings = hub.settings.model_copy(
            update={"caldav_url": line.base, "caldav_user": USER, "caldav_password": SecretStr(PASSWORD)}
        )

    def subject(self, ref: str) -> str:
        return f"{ref}.{CALENDAR}"

    def there(self) -> list[Shown]:
        try:
            events = self._calendar.events()
        except NotFoundError:
            return []  # no calendar yet
        return sorted(Shown(_name(event), _text(event.icalendar_component)) for event in events)

    def made(self) -> int:
        return self._line.answered.count(("PUT", 201))

    def writes(self) -> int:
        return sum(method in {"PUT", "DELETE", "MKCALENDAR"} for method in self._line.asked)

    def strike(self, fault: str) -> None:
        self._troubled += 1
        self._line.trouble = cast("Trouble", fault)

    def struck(self) -> int:
        return self._troubled - bool(self._line.trouble)

    def add(self, text: str) -> str:
        event = Event()
        event.add("uid", f"{crc32(text.encode()):x}@home.example")
        event.add("dtstamp", SOON)
        event.add("dtstart", SOON)
        event.add("summary", text)
        calendar = Calendar()
        calendar.add("prodid", "-//Elsewhere//FR")
        calendar.add("version", "2.0")
        calendar.add_component(event)
        return _name(self._calendar.save_event(calendar.to_ical().decode()))

    def edit(self, there: str, text: str) -> None:
        event = self._event(there)
        with event.edit_icalendar_component() as component:
            component["SUMMARY"] = text
        event.save(increase_seqno=False)

    def remove(self, there: str) -> None:
        self._event(there).delete()

    def _event(self, there: str) -> Any:
        (event,) = [each for each in self._calendar.events() if _name(each) == there]
        return event


def _name(event: Any) -> str:
    """Its place in the account's home, as the channel names it."""
    return "/".join(str(event.url).split("/")[-2:])


def _text(event: Any) -> str:
    return "\n".join(str(event.get(name, "")) for name in ("SUMMARY", "LOCATION", "DESCRIPTION", "URL"))


PLACES: Final[Mapping[str, Callable[[pytest.FixtureRequest, Hub, Sandbox], Place]]] = {
    "facebook_dialogues": lambda _request, hub, sandbox: FacebookPosts(hub, sandbox),
    "facebook_live": lambda _request, hub, sandbox: FacebookLives(hub, sandbox),
    "caldav": lambda request, hub, sandbox: Events(
        hub, sandbox, request.getfixturevalue("radicale"), request.getfixturevalue("line")
    ),
}
"""How each is reached; what needs a server of its own asks the request for its fixture."""
FAULTS: Final = {
    "facebook_dialogues": FacebookPosts.faults,
    "facebook_live": FacebookLives.faults,
    "caldav": Events.faults,
}
