"""The Region's Facebook Page as a channel of posts.

Belongs here: batch calls, look-ups, inventory. Does not: Graph's words (wire.py) or who is chosen (core/selection.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

import msgspec
from pydantic import SecretStr

from connectors.channel import Capabilities, ItemChannel, Readable, Sent
from connectors.facebook_page import wire
from connectors.http import Http, Response, Values
from core.effects import Found, Intent, Receipt, marker_of, subject_of
from schemas.errors import RetryLater, Unknown
from schemas.offer import decode

T = TypeVar("T")
NAME: Final = "facebook_page"
BATCH: Final = 50  # Graph's maximum
PAGE: Final = 100  # Graph's maximum for a page of posts
SETTLE: Final = 60.0  # seconds after which a created post is listed
WINDOW: Final = 3600.0  # seconds after which a used call counts no more: limits are of a rolling hour
SLACK: Final = dt.timedelta(minutes=10)  # between our clock and Graph's


class FacebookPage(ItemChannel, Readable):
    """A Page and the token that writes to it. Links point to ``publisher``, the portal."""

    name = NAME

    def __init__(
        self,
        http: Http,
        *,
        version: str,
        page: str,
        token: SecretStr,
        secret: SecretStr | None,
        publisher: str,
    ) -> None:
        self.http = http
        self._root = f"/{version}/"
        self._page = page
        self._credentials: Values = {"access_token": token}
        if secret:
            proof = wire.proof(token.get_secret_value(), secret.get_secret_value())
            self._credentials = {"access_token": token, "appsecret_proof": SecretStr(proof)}
        self._publisher = publisher
        self.capabilities = Capabilities(
            form=f"post-1 {publisher}", batch=BATCH, in_flight=4, settle_seconds=SETTLE, complete=False
        )

    def close(self) -> None:
        """See the port."""
        self.http.close()

    def send(self, intents: Sequence[Intent]) -> Sent:
        """See the port."""
        items = [wire.request(i, self._page, self._link(i.marker)) for i in intents]
        try:
            answers = self._write(items)
        except Unknown as error:
            return Sent([Receipt(i.effect, "unknown", error=str(error), cause="answer") for i in intents])
        receipts = [wire.receipt(intent, answer) for intent, answer in zip(intents, answers, strict=True)]
        return Sent(receipts, wire.halt(answers))

    def digest(self, marker: str, content: bytes) -> str:
        """See the port."""
        return wire.digest(wire.message(decode(content), self._link(marker)))

    def _link(self, marker: str) -> str:
        return f"{self._publisher}/offres/{subject_of(marker)}?e={marker}"

    def find(self, intents: Sequence[Intent]) -> Mapping[int, Found]:
        """See the port: known posts by their id, created ones in the Page's feed since before the oldest intent."""
        known = [i for i in intents if i.remote_id]
        found: dict[int, Found] = {}
        for start in range(0, len(known), BATCH):
            found |= self._find_known(known[start : start + BATCH])
        created = {i.subject: i for i in intents if not i.remote_id}
        if created:
            since = min(i.at for i in created.values()) - SLACK
            for there in self._posts(since):
                intent = created.get(subject_of(there.marker))
                if intent and (intent.effect not in found or there.marker == intent.marker):
                    found[intent.effect] = there
        return found

    def inventory(self) -> Iterator[Found]:
        """See the port."""
        return self._posts(None)

    def _find_known(self, intents: Sequence[Intent]) -> dict[int, Found]:
        items = [{"method": "GET", "relative_url": f"{i.remote_id}?fields=id,message"} for i in intents]
        found = {}
        for intent, answer in zip(intents, self._ask(items, list), strict=True):
            body = _body(answer)
            refused = wire.error_of(body)
            if refused is None:
                there = _found(body)
                found[intent.effect] = (
                    there
                    if there.marker
                    else msgspec.structs.replace(there, marker=marker_of(intent.subject, 0))
                )
            elif (refused.code, refused.error_subcode) != (100, wire.NO_OBJECT):
                raise RetryLater(str(refused), after=wire.WAIT)
        return found

    def _posts(self, since: dt.datetime | None) -> Iterator[Found]:
        params = {"fields": "id,message,created_time", "limit": str(PAGE)}
        while True:
            item = {"method": "GET", "relative_url": f"{self._page}/feed?{urlencode(params)}"}
            page = self._ask([item], _read_posts)
            recent = [post for post in page["data"] if since is None or _created(post) >= since]
            yield from map(_found, recent)
            if page["data"] and not recent:
                return  # a whole page that is older; a pinned or backdated post stands alone
            after = page.get("paging", {}).get("cursors", {}).get("after")
            if not page.get("paging", {}).get("next") or not after:
                return
            params = {**params, "after": after}

    def _read_json(self, response: Response) -> Any:
        try:
            body = msgspec.json.decode(response.content)
        except msgspec.DecodeError as error:
            raise RetryLater(f"not JSON: {response.text[:60]!r}", after=0.0) from error
        if refused := wire.error_of(body):
            wire.raise_for(refused, response.status_code)
            raise RetryLater(str(refused), after=0.0)
        return body

    def _ask(self, items: list[dict[str, str]], parse: Callable[[list[Any]], T]) -> T:
        """What ``parse`` makes of the answers to a batch that changes nothing; asked again when it raises RetryLater.

        Reads go this way too: Graph takes the proof of a GET in its address only, and addresses are logged on the way.
        """

        def read(response: Response) -> T:
            answers = self._read_json(response)
            if not isinstance(answers, list) or len(answers) != len(items):
                raise RetryLater(f"not {len(items)} answers: {str(answers)[:100]}")
            return parse(answers)

        data: Values = {**wire.form(items), **self._credentials}
        return self.http.read(self._root, read, data=data, accept=frozenset({200, 400, 403}))

    def _write(self, items: list[dict[str, str]]) -> list[Any]:
        """The answers of a batch that changes posts."""
        response = self.http.write(self._root, data={**wire.form(items), **self._credentials})
        return self._read_written(response, len(items))

    def _read_written(self, response: Response, count: int) -> list[Any]:
        """The items of a write's answer.

        Raises:
            RetryLater, Permanent: Graph says that nothing was done.
            Unknown: the answer proves nothing.

        """
        try:
            body = msgspec.json.decode(response.content)
        except msgspec.DecodeError as error:
            raise Unknown(f"HTTP {response.status_code}, not JSON: {response.text[:60]!r}") from error
        if response.status_code < 500 and (refused := wire.error_of(body)):
            told = wire.usage(response.headers)
            wire.raise_for(refused, response.status_code, told.wait if told else 0.0)
        if response.status_code != 200 or not isinstance(body, list) or len(body) != count:
            raise Unknown(f"HTTP {response.status_code}, not {count} answers: {response.text[:100]!r}")
        return body


def _body(answer: Any) -> Any:
    try:
        return msgspec.json.decode(answer["body"])
    except (TypeError, KeyError, msgspec.DecodeError) as error:
        raise RetryLater(f"no answer for an item: {str(answer)[:100]}") from error


def _read_posts(answers: list[Any]) -> dict[str, Any]:
    """A page of posts, from a batch of one."""
    body = _body(answers[0])
    if refused := wire.error_of(body):
        wire.raise_for(refused, answers[0].get("code", 0))
        raise RetryLater(str(refused), after=0.0)
    if not isinstance(body, dict) or not isinstance(body.get("data"), list):
        raise RetryLater("not a page of posts", after=0.0)
    return body


def _found(post: Any) -> Found:
    if not isinstance(post, dict) or not isinstance(post.get("id"), str):
        raise RetryLater(f"not a post: {str(post)[:100]}", after=0.0)
    text = str(post.get("message", ""))
    match = wire.MARKER.search(text)
    return Found(match.group(2) if match else "", post["id"], wire.digest(text))


def _created(post: Any) -> dt.datetime:
    try:
        return dt.datetime.strptime(post["created_time"], "%Y-%m-%dT%H:%M:%S%z")
    except (TypeError, KeyError, ValueError) as error:
        raise RetryLater(f"a post without a readable created_time: {str(post)[:100]}", after=0.0) from error
