"""The contractor's exchange API 1.0, called (agreement: contractor.openapi.yaml).

Belongs here: token, snapshot and incremental walks, conditional requests, one offer, one batch. Does not: what the payloads
mean (wire.py, batch.py), or where they are kept (tasks/collect.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Annotated, Any, Final, TypeVar

import msgspec
from pydantic import SecretStr

from connectors.contractor.pages import Page, read_page
from connectors.http import Http, Response, Values, problem
from schemas.errors import Misconfigured, RetryLater

T = TypeVar("T")
PAGE: Final = 1000  # the contract's maximum
_ANSWERS: Final = frozenset({200, 304, 401, 404, 410})


class WalkVoid(RetryLater):
    """The walk cannot be finished as it was begun (another snapshot, an expired cursor): start it again."""


class NotModified(msgspec.Struct, frozen=True):
    """Nothing changed since the ETag."""


class _Token(msgspec.Struct, frozen=True):
    access_token: Annotated[
        str, msgspec.Meta(pattern=r"\A[A-Za-z0-9._~+/-]+=*\Z", max_length=8192)
    ]  # RFC 6750, 2.1
    expires_in: int


class _Status(msgspec.Struct, frozen=True):
    status: str


class Contractor:
    """A client of one contractor.

    ``etag``, ``served_at`` (the server's clock, None when it does not tell), ``snapshot_id`` and ``total`` are those of
    the newest walk's first page.
    """

    def __init__(self, http: Http, client_id: str, client_secret: SecretStr) -> None:
        self.http = http
        self._client: Values = {"client_id": client_id, "client_secret": client_secret}
        self._token: SecretStr | None = None
        self.etag: str | None = None
        self.served_at: dt.datetime | None = None
        self.snapshot_id: str | None = None
        self.total = 0

    def snapshot(self, etag: str | None = None) -> Iterator[Page] | NotModified:
        """Every open offer, page by page; NotModified when the ETag still holds.

        The iterator raises WalkVoid when snapshot or total change on the way, or when fewer or more items come than
        ``total`` said: what was read is then no snapshot.
        """
        first = self._page({}, etag)
        if isinstance(first, NotModified):
            return first
        self.snapshot_id, self.total = first.snapshot_id, first.total
        return self._snapshot_pages(first)

    def _snapshot_pages(self, first: Page) -> Iterator[Page]:
        count = 0
        for page in self._follow(first, {}):
            if (page.snapshot_id, page.total) != (first.snapshot_id, first.total):
                raise WalkVoid("the snapshot changed while it was read")
            count += len(page.items)
            if count > first.total:
                break
            yield page
        if count != first.total:
            raise WalkVoid(f"a snapshot of {first.total} items gave {count}")

    def changes(self, since: dt.datetime) -> Iterator[Page]:
        """Every offer changed at or after ``since`` (with a zone), closed ones included, oldest first."""
        params = {"updated_since": since.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")}
        first = self._page(params)
        assert isinstance(first, Page)
        yield from self._follow(first, params)

    def is_open(self, ref: str) -> bool:
        """Whether the contractor says that an offer is open now."""
        return self._get(f"/v1/offers/{ref}", _is_open)

    def now(self) -> dt.datetime | None:
        """What time it is there, None when it does not tell; a token is asked for, and an offer that never was."""
        return self._get("/v1/offers/none", _date)

    def offer(self, ref: str) -> bytes | None:
        """One offer as the contractor shows it, also when closed; None when it never was."""
        return self._get(f"/v1/offers/{ref}", _read_offer)

    def batch(self, key: str, items: Sequence[Mapping[str, Any]]) -> Response:
        """POST a batch, once: an expired token is renewed, since its refusal says that nothing was done.

        Raises:
            RetryLater, Permanent: nothing was sent.
            Unknown: it was sent, and no whole answer came back.

        """
        body = msgspec.json.encode({"items": items})
        response = self._post(key, body)
        if response.status_code == 401:
            self._token = None
            response = self._post(key, body)
        return response

    def _post(self, key: str, body: bytes) -> Response:
        headers: Values = {
            "Authorization": self._bearer(),
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        }
        return self.http.write("/v1/offers:batch", data=body, headers=headers)

    def _follow(self, page: Page, params: Mapping[str, str]) -> Iterator[Page]:
        cursors: set[str] = set()
        yield page
        while page.next_cursor is not None:
            if page.next_cursor in cursors:
                raise WalkVoid("the cursor runs in a circle")
            cursors.add(page.next_cursor)
            following = self._page({**params, "cursor": page.next_cursor})
            assert isinstance(following, Page)
            page = following
            yield page

    def _page(self, params: Mapping[str, str], etag: str | None = None) -> Page | NotModified:
        extra = {"If-None-Match": etag} if etag else {}
        return self._get("/v1/offers", self._read_page, {**params, "limit": str(PAGE)}, extra)

    def _read_page(self, response: Response) -> Page | NotModified:
        if response.status_code == 304:
            return NotModified()
        if response.status_code == 410:
            raise WalkVoid("the cursor expired")
        if "cursor" not in response.request.url.params:
            self.etag = response.headers.get("ETag")
            self.served_at = _date(response)
        return read_page(response.content)

    def _get(
        self,
        path: str,
        parse: Callable[[Response], T],
        params: Mapping[str, str] | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> T:
        renewed = False

        def answer(response: Response) -> T:
            nonlocal renewed
            if response.status_code != 401:
                return parse(response)
            if renewed:
                raise Misconfigured(
                    f"The contractor refuses our token: {problem(response)}. Check BOOSTEZ_CONTRACTOR_CLIENT_ID and _SECRET."
                )
            renewed, self._token = True, None
            raise RetryLater("the token had expired", after=0.0)

        def headers() -> Values:
            return {"Authorization": self._bearer(), **(extra or {})}

        return self.http.read(path, answer, params=params, headers=headers, accept=_ANSWERS)

    def _bearer(self) -> SecretStr:
        if self._token is None:
            form: Values = {"grant_type": "client_credentials", **self._client}
            self._token = self.http.read("/oauth/token", _read_token, data=form, accept=frozenset({200, 401}))
        return self._token


def _read_token(response: Response) -> SecretStr:
    """The value of a header: the token behind its scheme."""
    if response.status_code == 401:
        raise Misconfigured(
            "The contractor does not know this client. Check BOOSTEZ_CONTRACTOR_CLIENT_ID and _SECRET."
        )
    try:
        return SecretStr(f"Bearer {msgspec.json.decode(response.content, type=_Token).access_token}")
    except msgspec.DecodeError as error:
        raise RetryLater(f"no token in the answer: {error}", after=0.0) from error


def _read_offer(response: Response) -> bytes | None:
    if response.status_code == 404:
        return None
    try:
        msgspec.json.decode(response.content, type=_Status)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RetryLater(f"not an offer: {response.text[:60]!r}", after=0.0) from error
    return response.content


def _is_open(response: Response) -> bool:
    """Only a readable answer can say that an offer is gone."""
    if response.status_code == 404:
        return False
    try:
        return msgspec.json.decode(response.content, type=_Status).status != "closed"
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return True


def _date(response: Response) -> dt.datetime | None:
    try:
        moment = parsedate_to_datetime(response.headers.get("Date", ""))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
