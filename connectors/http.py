"""The only HTTP client: how this hub talks to any outside system.

Belongs here: which base addresses are good, time-outs, size caps, redirects, retries of reads, Retry-After, and turning
transport trouble into the error tree. Does not: any system's paths, words or error codes, connections (network.py).

A read is retried here. A write is sent once: whatever has no trustworthy answer is ``Unknown``, and the ledger decides.
"""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final, Literal, Protocol, TypeVar

import httpcore
import httpx
import stamina
from pydantic import SecretStr

from connectors import clock, telemetry
from connectors.decoding import ACCEPTED, decoded
from connectors.network import Network, Resolve, is_this_machine, resolve
from connectors.redaction import hide
from core.budgets import LONGEST
from core.redaction import MARK, redacted_bytes
from schemas.documents import visible
from schemas.errors import BoostezError, Misconfigured, Permanent, RetryLater, Unknown, Unreachable

Response = httpx.Response
Values = Mapping[
    str, str | SecretStr
]  # of headers or a form; what is secret is revealed to the transport only
Reading = Literal["GET", "POST", "PROPFIND", "REPORT"]
Writing = Literal["POST", "PUT", "DELETE", "MKCALENDAR"]
T = TypeVar("T")
MAX_BYTES: Final = 64 * 1024 * 1024  # of one response, as sent and as decoded
READ_SECONDS: Final = 120.0  # that one try of a read may take, however slowly it drips
WRITE_SECONDS: Final = 60.0  # that a write may take
MAX_WAIT: Final = 120.0  # seconds that one Retry-After may cost a read
ATTEMPTS: Final = 6
PROBLEM: Final = 200  # characters of what an error answer says
_BUSY = frozenset({429, 503})
_NO_ANSWER = (
    httpx.TransportError,
    httpx.InvalidURL,
)  # httpx reads where a redirect leads, also when it may not follow
# RFC 9110 section 5.5, without the bytes that are only there for old times' sake.
_HEADER_VALUE = re.compile(r"(?:[!-~](?:[\t -~]*[!-~])?)?")


class Gate(Protocol):
    """What stands before every call, for all workers: a budget that they share."""

    def enter(self) -> None:
        """Wait for this call's turn; raises NotYet when it is too far away."""

    def told(self, headers: Mapping[str, str], wait: float) -> None:
        """Learn from an answer; ``wait`` is its Retry-After in seconds, 0 when it has none.

        Raises no BoostezError: after a write that would say that nothing was sent.
        """


class Http:
    """A client of one outside system at ``base``; thread-safe.

    ``timeout`` in seconds covers each of connecting, sending and waiting for bytes; the whole of an exchange has an end
    of its own.
    """

    def __init__(
        self,
        base: str,
        *,
        timeout: float = 40.0,
        setting: str = "its URL",
        gate: Gate | None = None,
        private_hosts: frozenset[str] = frozenset(),
        hushed: re.Pattern[bytes] | None = None,
        attempts: int = ATTEMPTS,
        clock: Callable[[], float] = time.monotonic,
        resolve: Resolve = resolve,
    ) -> None:
        """``setting`` names the setting that holds ``base``; ``gate`` stands before calls; ``private_hosts``: network.py.

        What is ``hushed`` is a secret that answers tell: it is taken out of every one before anybody reads it. ``attempts``:
        how often a read is tried.

        Raises:
            Misconfigured: not an http(s) address, plain http outside this machine, or credentials in it.

        """
        _check(base, setting)
        self.base = base.rstrip("/")
        self.setting = setting
        self.requests = 0
        self.writes = 0
        self._gate = gate
        self._hushed, self._attempts = hushed, attempts
        self._network = Network(setting, private_hosts, clock=clock, resolve=resolve)
        self._client = httpx.Client(
            base_url=self.base,
            timeout=httpx.Timeout(timeout, connect=min(timeout, 10.0)),
            follow_redirects=False,
            headers={"User-Agent": "boostez/0.1", "Accept-Encoding": ACCEPTED},
            trust_env=False,
            transport=_Transport(self._network, tls=base.startswith("https:")),
        )

    def close(self) -> None:
        """Close every connection."""
        self._client.close()

    def read(
        self,
        path: str,
        parse: Callable[[Response], T],
        *,
        params: Mapping[str, str] | None = None,
        data: Values | bytes | None = None,
        headers: Callable[[], Values] = dict,
        accept: frozenset[int] = frozenset({200}),
        method: Reading | None = None,
    ) -> T:
        """What ``parse`` makes of an answer: GET, or POST of a form that changes nothing; again when that may help.

        ``method`` is WebDAV's where it is another. ``headers`` is asked anew at each try; statuses in ``accept`` reach ``parse``, which may raise RetryLater.

        Raises:
            NotYet: it was not its turn.
            Unreachable: every try failed.
            Permanent: the answer is neither accepted nor worth another try.

        """
        asked = method or ("GET" if data is None else "POST")
        try:
            for attempt in stamina.retry_context(
                on=_pause, attempts=self._attempts, timeout=600.0, wait_initial=0.2, wait_max=20.0
            ):
                with attempt:
                    self._enter()
                    response = self._send(asked, path, params, data, headers())
                    self._told(response)
                    if response.status_code not in accept:
                        raise refusal(response, self.setting)
                    return parse(response)
        except RetryLater as error:
            if type(error) is not RetryLater:
                raise
            raise Unreachable(
                f"{self.base}{path} gave no good answer in {self._attempts} tries: {error}. "
                f"Check {self.setting}, or run this again later."
            ) from error
        raise AssertionError("a retry context returns or raises")

    def _send(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        data: Values | bytes | None,
        headers: Values,
    ) -> Response:
        trouble: BoostezError
        try:
            return self._exchange(READ_SECONDS, method, path, params, data, headers)
        except BoostezError as error:
            trouble = error.with_traceback(None)
        except _NO_ANSWER as error:
            trouble = RetryLater(f"{type(error).__name__}: {error}", after=0.0)
        raise trouble

    def write(
        self,
        path: str,
        *,
        data: Values | bytes,
        headers: Values | None = None,
        method: Writing = "POST",
    ) -> Response:
        """Send a form, or bytes whose type ``headers`` say, once. Any status but a redirect's is returned.

        The caller reads what happened.

        Raises:
            NotYet: it was not its turn; nothing was sent.
            Unreachable, Misconfigured: nothing was sent.
            Unknown: it was sent, and no whole answer came back, or one that leads elsewhere.

        """
        self._enter()
        self.writes += 1
        trouble: BoostezError
        try:
            response = self._exchange(WRITE_SECONDS, method, path, None, data, headers or {})
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            trouble = Unreachable(
                f"{self.base} cannot be reached: {error}. Check {self.setting}.", after=30.0
            )
        except Misconfigured as error:
            trouble = error.with_traceback(None)
        except (*_NO_ANSWER, RetryLater) as error:
            trouble = Unknown(f"no whole answer to a write: {type(error).__name__}: {error}", cause="answer")
        else:
            self._told(response)
            if response.is_redirect:
                told = f"HTTP {response.status_code}: {_redirected(response, self.setting)}"
                raise Unknown(told, cause="answer")
            return response
        raise trouble

    def _exchange(
        self,
        seconds: float,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        data: Values | bytes | None,
        headers: Values,
    ) -> Response:
        """One request and its whole answer. Its callers raise outside of ``except``, and without its frames.

        Those of the transport hold the secrets, and whoever shows an error with its variables would show them.
        """
        form, content = (None, data) if isinstance(data, bytes) else (data, None)
        secrets = [
            SecretStr(value.get_secret_value().removeprefix("Bearer ").removeprefix("Basic "))
            for value in (*(form or {}).values(), *headers.values())
            if isinstance(value, SecretStr)
        ]
        for secret in secrets:
            hide(secret.get_secret_value())
        _check_headers(headers)
        place = self._client.base_url
        with (
            telemetry.call(
                method, place.host, place.port or {"http": 80, "https": 443}[place.scheme]
            ) as call,
            self._network.exchange(seconds),
            self._client.stream(
                method,
                path,
                params=params,
                data=form and _revealed(form),
                content=content,
                headers=_revealed(headers),
            ) as response,
        ):
            call.status = response.status_code
            _load(response, secrets, self._hushed)
            return response

    def _enter(self) -> None:
        if self._gate:
            self._gate.enter()
        self.requests += 1

    def _told(self, response: Response) -> None:
        if self._gate:
            asked = retry_after(response) if "Retry-After" in response.headers else 0.0
            self._gate.told(response.headers, asked)


def _revealed(values: Values) -> dict[str, str]:
    return {
        name: value.get_secret_value() if isinstance(value, SecretStr) else value
        for name, value in values.items()
    }


class _Transport(httpx.HTTPTransport):
    """httpx's own transport over connections of ours: it offers no parameter for them, so the pool is made here.

    Certificates are those of certifi, or of the file that SSL_CERT_FILE names: a Region may be its own authority. Reading them
    takes a fortieth of a second, for nothing where there is no TLS.
    """

    def __init__(self, network: Network, *, tls: bool) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context() if tls else None,
            max_connections=16,
            max_keepalive_connections=16,
            keepalive_expiry=30.0,
            network_backend=network,
        )


def _check(base: str, setting: str) -> None:
    """See that a base address is one. No message repeats what may be a password."""
    try:
        address = httpx.URL(base)
    except httpx.InvalidURL:
        raise Misconfigured(f"{setting} is not an http address (https://…)") from None
    if address.scheme not in {"http", "https"} or not address.host:
        raise Misconfigured(f"{setting} is not an http address (https://…)")
    if address.userinfo:
        raise Misconfigured(
            f"{setting} must not carry a user name or password (…@{address.host}): addresses are logged and shown. "
            "Credentials have settings of their own."
        )
    if address.query or address.fragment:
        raise Misconfigured(f"{setting} must end with its path: it carries a query or a fragment")
    if address.scheme == "http" and not is_this_machine(address.host):
        raise Misconfigured(f"{setting} must be https: secrets travel in headers ({address.host})")


def _check_headers(headers: Values) -> None:
    """Refuse a value that could end its header and begin another; h11 would, too, but repeats the secret."""
    for name, value in _revealed(headers).items():
        if not _HEADER_VALUE.fullmatch(value):
            raise Misconfigured(
                f"What is to be sent as {name} begins or ends with white space, or holds a line break or a character that "
                "no header may: check the secrets among the settings."
            )


def _load(response: Response, secrets: list[SecretStr], hushed: re.Pattern[bytes] | None) -> None:
    """Read the body, no further than ``MAX_BYTES``, without the secrets that it repeats or tells."""
    encoding = response.headers.get("Content-Encoding", "")
    content = decoded(response.iter_raw(), encoding, MAX_BYTES)
    for secret in secrets:
        content = redacted_bytes(content, secret.get_secret_value())
    if hushed:
        content = hushed.sub(MARK.encode(), content)
    response._content = content  # noqa: SLF001 - httpx offers no capped read; this is what Response.read() sets


def _pause(error: Exception) -> bool | float:
    """Whether, and after how many seconds, a failed read may be tried again."""
    if type(error) is RetryLater:
        return min(error.after, MAX_WAIT) if error.after else True
    return False


def refusal(response: Response, setting: str = "its URL") -> Exception:
    """The error that an answer which is not wanted stands for."""
    status = response.status_code
    if response.is_redirect:
        return Permanent(f"HTTP {status}: {_redirected(response, setting)}")
    told = f"HTTP {status}: {problem(response)}"
    if status in _BUSY:
        return RetryLater(told, after=retry_after(response))
    if status >= 500 or status == 408:
        return RetryLater(told, after=0.0)
    return Permanent(told)


def _redirected(response: Response, setting: str) -> str:
    """Where to is told without path and query, which may hold secrets."""
    try:
        target = httpx.URL(response.headers.get("Location", ""))
        place = f"to {target.scheme}://{target.host}"[:100] if target.host else "elsewhere"
    except httpx.InvalidURL:
        place = "elsewhere"
    return f"a redirect {place}, and redirects are never followed. Put the address that answers itself in {setting}."


def problem(response: Response) -> str:
    """What an error answer says, in one short line that shows all it holds (RFC 9457 when it is one)."""
    try:
        body: Any = response.json()
    except (ValueError, RecursionError):
        body = response.text
    if isinstance(body, dict):
        body = body.get("detail") or body.get("title") or body.get("error") or body
    return visible(" ".join(str(body).split()))[:PROBLEM]


def retry_after(response: Response, now: dt.datetime | None = None) -> float:
    """Seconds to wait, a day at most (RFC 9110 section 10.2.3: a number, or an HTTP date); 1 when it does not say."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value), LONGEST)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return 1.0
    moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)  # -0000 and asctime: UTC all the same
    return min(max(0.0, (moment - (now or clock.now())).total_seconds()), LONGEST)
