"""The Region's Instagram account: a channel of stories and posts.

Belongs here: the two steps of a publication, withdrawing, finding. Does not: texts and requests (wire.py), or who may be shown: that
is asked of ``judge`` right before each step.

A publication is one effect of two calls, each with its intent and its receipt. The first makes a container, which nobody sees; its
receipt puts the container into the ledger, and the effect is claimed again for the second, which publishes. Whatever is cut between:
a container that nobody knows of ends by itself after a day, and one that is known says whether it was published.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from connectors.channel import Capabilities, ItemChannel, Readable, Sent
from connectors.graph import words
from connectors.graph.channel import SETTLE
from connectors.graph.client import Graph, body_of
from connectors.graph.edge import SLACK, Edge
from connectors.instagram import wire
from connectors.instagram.wire import Container
from core.effects import Found, Intent, Receipt, subject_of
from schemas.coverage import Medium, decode
from schemas.errors import RetryLater, Unknown

NAME: Final = "instagram"
POLL: Final = 60.0  # seconds: "once a minute"
FULL: Final = 3600.0  # seconds until a used up quota, which is of a rolling day, is asked for again
Judge = Callable[[str], str | None]


class Instagram(ItemChannel, Readable):
    """An account. Links point to ``publisher``, the portal, which serves the files.

    ``judge`` tells why a medium may not be shown now; ``known`` are the ids that the ledger has of media here.
    """

    name = NAME

    def __init__(
        self,
        graph: Graph,
        *,
        user: str,
        publisher: str,
        judge: Judge,
        known: Callable[[], Collection[str]],
    ) -> None:
        self._graph, self.http = graph, graph.http
        self._user, self._publisher, self._judge, self._known = user, publisher, judge, known
        self._posts = Edge(graph, f"{user}/media", wire.FIELDS, wire.found, "timestamp")
        self._stories = Edge(graph, f"{user}/stories", wire.FIELDS, wire.found, "timestamp")
        self.capabilities = Capabilities(
            form=f"medium-1 {publisher}", batch=1, settle_seconds=SETTLE, complete=False
        )

    def close(self) -> None:
        """See the port."""
        self.http.close()

    # Writing

    def send(self, intents: Sequence[Intent]) -> Sent:
        """See the port: one step of one effect."""
        (intent,) = intents
        if intent.operation == "create":
            return self._create(intent)
        return self._remove(intent)

    def _create(self, intent: Intent) -> Sent:
        assert intent.content is not None
        medium = decode(intent.content)
        if why := self._judge(medium.ref):
            return Sent([Receipt(intent.effect, "rejected", error=why, cause="consent")])
        made = wire.container(intent.remote_id)
        if made is None or made.digest != wire.digest(intent.content):
            return self._contain(intent, medium)
        status = self._status(made)
        match status.get("status_code"):
            case "FINISHED":
                return self._publish(intent, made)
            case "IN_PROGRESS":
                return Sent([Receipt(intent.effect, "retry", after=POLL)])
            case "PUBLISHED":
                why = "its container was published: which medium it is must be looked up"
                return Sent([Receipt(intent.effect, "unknown", error=why, cause="answer")])
            case "ERROR":
                why = f"Instagram cannot use the file: {str(status.get('status'))[:200]}"
                return Sent([Receipt(intent.effect, "rejected", error=why, cause="content")])
            case _:  # EXPIRED, or gone
                return self._contain(intent, medium)

    def _contain(self, intent: Intent, medium: Medium) -> Sent:
        item = wire.contain(self._user, medium, wire.link(self._publisher, intent.marker))
        return self._write(intent, item, wire.contained)

    def _publish(self, intent: Intent, made: Container) -> Sent:
        if self._is_used_up():
            why = "the account's quota of publications in 24 hours is used up"
            return Sent([Receipt(intent.effect, "retry", after=FULL, error=why, cause="limit")])
        return self._write(
            intent,
            wire.publish(self._user, made),
            lambda intent, answer: wire.published(intent, answer, FULL),
        )

    def _remove(self, intent: Intent) -> Sent:
        """Delete it. An update is that too, since Instagram changes nothing: the effect is then made anew."""
        if wire.container(intent.remote_id):
            return self._forget(intent)

        def removed(intent: Intent, answer: Any) -> Receipt:
            told = words.receipt(intent, answer)
            if intent.operation == "update" and told.outcome == "done":
                return Receipt(intent.effect, "missing")
            return told

        return self._write(intent, words.call("DELETE", str(intent.remote_id)), removed)

    def _forget(self, intent: Intent) -> Sent:
        """Withdraw a story whose id Instagram never told. When every story that is there is another, it is over."""
        if not self._strangers():
            return Sent([Receipt(intent.effect, "missing")])
        why = (
            "which story it is cannot be told: it was published while an answer was lost, and others were beside it. "
            "Delete it in Instagram's app; a story goes by itself after a day."
        )
        return Sent([Receipt(intent.effect, "rejected", error=why, cause="lookup")])

    def _write(self, intent: Intent, item: words.Item, receipt: Callable[[Intent, Any], Receipt]) -> Sent:
        try:
            answers = self._graph.write([item])
        except Unknown as error:
            return Sent([Receipt(intent.effect, "unknown", error=str(error), cause="answer")])
        return Sent([receipt(intent, answers[0])], words.halt(answers))

    # Reading

    def _status(self, made: Container) -> Mapping[str, Any]:
        """How a container stands; empty when there is none any more."""
        item = words.call("GET", made.id, fields="status_code,status")
        body = self._graph.ask([item], lambda answers: body_of(answers[0]))
        refused = words.error_of(body)
        if refused is None and isinstance(body, Mapping):
            return body
        if refused and (refused.code, refused.error_subcode) == (100, words.NO_OBJECT):
            return {}
        raise RetryLater(f"a container cannot be read: {refused or str(body)[:100]}", after=words.WAIT)

    def _is_used_up(self) -> bool:
        """Whether the quota is. When Instagram does not say it, publishing tells."""
        item = words.call("GET", f"{self._user}/content_publishing_limit", fields="config,quota_usage")
        body = self._graph.ask([item], lambda answers: body_of(answers[0]))
        try:
            told = msgspec.convert(body, _Limits).data[0]
        except (msgspec.ValidationError, IndexError):
            return False
        return told.quota_usage >= told.config.quota_total

    def find(self, intents: Sequence[Intent]) -> Mapping[int, Found]:
        """See the port. What was being published is found by its container, and then by its caption, or as the one unknown story."""
        contained = {i.effect: made for i in intents if (made := wire.container(i.remote_id))}
        found = dict(self._posts.find([i for i in intents if i.remote_id and i.effect not in contained]))
        for intent in intents:
            made = contained.get(intent.effect)
            if made and self._status(made).get("status_code") == "PUBLISHED":
                there = self._identified(intent) if intent.operation == "create" else self._hidden(intent)
                found |= {intent.effect: there} if there else {}
        return found

    def _identified(self, intent: Intent) -> Found | None:
        """What a published container has become. A story that is one of several stays known by its container."""
        for post in self._posts.listed(intent.at - SLACK):
            if subject_of(post.marker) == intent.subject:
                return msgspec.structs.replace(post, marker=intent.marker)
        strangers = self._strangers()
        if len(strangers) == 1:
            return msgspec.structs.replace(strangers[0], marker=intent.marker)
        return Found(intent.marker, str(intent.remote_id))

    def _hidden(self, intent: Intent) -> Found | None:
        """A story that is known by its container only: there as long as some story may be it."""
        there = Found(intent.marker, str(intent.remote_id), words.digest(""))
        return there if self._strangers() else None

    def _strangers(self) -> list[Found]:
        """The stories that the ledger does not know."""
        known = self._known()
        return [each for each in self._stories.inventory() if each.remote_id not in known]

    def inventory(self) -> Iterator[Found]:
        """See the port."""
        yield from self._posts.inventory()
        yield from self._strangers()  # a story bears no mark: those that the ledger knows are looked up

    def digest(self, marker: str, content: bytes) -> str:
        """See the port."""
        return words.digest(wire.caption(decode(content), wire.link(self._publisher, marker)))


class _Config(msgspec.Struct):
    quota_total: int


class _Limit(msgspec.Struct):
    config: _Config
    quota_usage: int


class _Limits(msgspec.Struct):
    data: list[_Limit]
