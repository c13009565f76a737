"""The client of Graph API: batches that read, batches that write.

Belongs here: calls, credentials, and what an answer of the whole call proves. Does not: what is called (edge.py and the
channels) or what an item's answer means (words.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import msgspec
from pydantic import SecretStr

from connectors.graph import words
from connectors.graph.words import Item
from connectors.http import Http, Response, Values
from schemas.errors import RetryLater, Unknown

T = TypeVar("T")
BATCH: Final = 50  # Graph's maximum
WINDOW: Final = 3600.0  # seconds after which a used call counts no more: limits are of a rolling hour


class Graph:
    """A token, and calls in its name. Whatever is called may be one item of many, each with an answer of its own."""

    def __init__(self, http: Http, *, version: str, token: SecretStr, secret: SecretStr | None) -> None:
        self.http = http
        self._token = token
        self._root = f"/{version}/"
        self._credentials: Values = {"access_token": token}
        if secret:
            proof = words.proof(token.get_secret_value(), secret.get_secret_value())
            self._credentials = {"access_token": token, "appsecret_proof": SecretStr(proof)}

    def ask(self, items: list[Item], parse: Callable[[list[Any]], T]) -> T:
        """What ``parse`` makes of the answers to a batch that changes nothing; asked again when it raises RetryLater.

        Reads go this way too: Graph takes the proof of a GET in its address only, and addresses are logged on the way.
        """
        return self._ask(words.form(items), len(items), parse)

    def debug(self, parse: Callable[[list[Any]], T]) -> T:
        """What ``parse`` makes of what Graph tells of the token; the form names it, so the form is a secret too."""
        form = words.form([words.call("GET", "debug_token", input_token=self._token.get_secret_value())])
        return self._ask({**form, "batch": SecretStr(form["batch"])}, 1, parse)

    def _ask(self, form: Values, count: int, parse: Callable[[list[Any]], T]) -> T:
        def read(response: Response) -> T:
            answers = _read_json(response)
            if not isinstance(answers, list) or len(answers) != count:
                raise RetryLater(f"not {count} answers: {str(answers)[:100]}")
            return parse(answers)

        data: Values = {**form, **self._credentials}
        return self.http.read(self._root, read, data=data, accept=frozenset({200, 400, 403}))

    def write(self, items: list[Item]) -> list[Any]:
        """The answers of a batch that changes things.

        Raises:
            RetryLater, Permanent: Graph says that nothing was done.
            Unknown: the answer proves nothing.

        """
        response = self.http.write(self._root, data={**words.form(items), **self._credentials})
        return _read_written(response, len(items))


def body_of(answer: Any) -> Any:
    """The body of an item's answer to a read, an error's too.

    Raises:
        RetryLater: there is none.

    """
    try:
        return msgspec.json.decode(answer["body"])
    except (TypeError, KeyError, msgspec.DecodeError) as error:
        raise RetryLater(f"no answer for an item: {str(answer)[:100]}") from error


def page_of(answers: list[Any]) -> dict[str, Any]:
    """A page of objects, from a batch of one: ``data`` is a list.

    Raises:
        RetryLater, Permanent: it is none.

    """
    body = body_of(answers[0])
    if refused := words.error_of(body):
        words.raise_for(refused, answers[0].get("code", 0))
        raise RetryLater(str(refused), after=0.0)
    if not isinstance(body, dict) or not isinstance(body.get("data"), list):
        raise RetryLater("not a page of objects", after=0.0)
    return body


def after_of(page: Mapping[str, Any]) -> str | None:
    """The cursor of the page's end; None when Graph says that nothing follows."""
    paging = page.get("paging") or {}
    return paging.get("cursors", {}).get("after") if paging.get("next") else None


def _read_json(response: Response) -> Any:
    try:
        body = msgspec.json.decode(response.content)
    except msgspec.DecodeError as error:
        raise RetryLater(f"not JSON: {response.text[:60]!r}", after=0.0) from error
    if refused := words.error_of(body):
        words.raise_for(refused, response.status_code)
        raise RetryLater(str(refused), after=0.0)
    return body


def _read_written(response: Response, count: int) -> list[Any]:
    try:
        body = msgspec.json.decode(response.content)
    except msgspec.DecodeError as error:
        raise Unknown(f"HTTP {response.status_code}, not JSON: {response.text[:60]!r}") from error
    if response.status_code < 500 and (refused := words.error_of(body)):
        told = words.usage(response.headers)
        words.raise_for(refused, response.status_code, told.wait if told else 0.0)
    if response.status_code != 200 or not isinstance(body, list) or len(body) != count:
        raise Unknown(f"HTTP {response.status_code}, not {count} answers: {response.text[:100]!r}")
    return body
