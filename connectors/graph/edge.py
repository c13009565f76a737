"""An edge of the Page: objects of one kind that hang on it, found again.

Belongs here: look-ups by id and by marker, inventories. Does not: what an object shows (the channels' wire.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from connectors.graph import client, words
from connectors.graph.client import Graph
from core.effects import Found, Intent, marker_of, subject_of
from schemas.errors import RetryLater

PAGE: Final = 100  # Graph's maximum for a page of objects
SLACK: Final = dt.timedelta(minutes=10)  # between our clock and Graph's


class Edge(msgspec.Struct, frozen=True):
    """The objects at ``path`` with these ``fields``: ``found`` reads one, None when it counts as gone.

    ``made``: the field that says when one was made, and by which the list goes, newest first; None: it goes by nothing that is known.
    ``only``: which are listed, in Graph's words.
    """

    graph: Graph
    path: str
    fields: str
    found: Callable[[Mapping[str, Any]], Found | None]
    made: str | None = "created_time"
    only: Mapping[str, str] = {}

    def find(self, intents: Sequence[Intent]) -> dict[int, Found]:
        """Known objects by their id, created ones by their marker in the list, since before the oldest intent."""
        known = [i for i in intents if i.remote_id]
        found: dict[int, Found] = {}
        for start in range(0, len(known), client.BATCH):
            found |= self._find_known(known[start : start + client.BATCH])
        created = {i.subject: i for i in intents if not i.remote_id}
        if created:
            since = min(i.at for i in created.values()) - SLACK
            for there in self.listed(since):
                intent = created.get(subject_of(there.marker))
                if intent and (intent.effect not in found or there.marker == intent.marker):
                    found[intent.effect] = there
        return found

    def inventory(self) -> Iterator[Found]:
        """Everything that Graph lists."""
        return self.listed(None)

    def _find_known(self, intents: Sequence[Intent]) -> dict[int, Found]:
        items = [words.call("GET", str(i.remote_id), fields=self.fields) for i in intents]
        found = {}
        for intent, answer in zip(intents, self.graph.ask(items, list), strict=True):
            body = client.body_of(answer)
            refused = words.error_of(body)
            if refused is None:
                if there := self._read(body):
                    unmarked = marker_of(intent.subject, 0)
                    found[intent.effect] = msgspec.structs.replace(there, marker=there.marker or unmarked)
            elif (refused.code, refused.error_subcode) != (100, words.NO_OBJECT):
                raise RetryLater(str(refused), after=words.WAIT)
        return found

    def listed(self, since: dt.datetime | None) -> Iterator[Found]:
        """What Graph lists, newest first; of those made since then, or all."""
        fields = ",".join(filter(None, (self.fields, self.made)))
        params = {"fields": fields, "limit": str(PAGE), **self.only}
        while True:
            page = self.graph.ask([words.call("GET", self.path, **params)], client.page_of)
            recent = page["data"] if since is None else self._since(page["data"], since)
            yield from filter(None, map(self._read, recent))
            if page["data"] and not recent:
                return  # a whole page that is older; a pinned or backdated post stands alone
            if (after := client.after_of(page)) is None:
                return
            params = {**params, "after": after}

    def _read(self, told: Any) -> Found | None:
        if not isinstance(told, dict) or not isinstance(told.get("id"), str):
            raise RetryLater(f"not an object: {str(told)[:100]}", after=0.0)
        return self.found(told)

    def _since(self, listed: list[Any], since: dt.datetime) -> list[Any]:
        if self.made is None:
            return listed
        try:
            return [told for told in listed if moment(told[self.made]) >= since]
        except (TypeError, KeyError, ValueError) as error:
            raise RetryLater(f"objects without a readable {self.made}", after=0.0) from error


def moment(told: str) -> dt.datetime:
    """An instant as Graph writes it: 2026-11-24T02:17:00+0000; ValueError when it is none."""
    return dt.datetime.strptime(told, "%Y-%m-%dT%H:%M:%S%z")
