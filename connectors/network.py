"""The connections under every call: to which addresses, and how long one exchange may last.

Belongs here: resolving a host, refusing addresses, connecting to the very address that was checked, the end of an
exchange. Does not: what kind an address is (core/ip_addresses.py) or what is said over the connection (http.py).

The check is made when a connection is opened and its result is what is connected to, so a name that resolves differently
a moment later (DNS rebinding) gains nothing; TLS still verifies the host's name.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from ipaddress import ip_address, ip_network
from ssl import SSLContext
from typing import Any, Final

import httpcore

from core.ip_addresses import kind
from schemas.errors import Misconfigured

Resolve = Callable[[str, int], Sequence[str]]  # host and port to IP addresses; raises OSError
LOCALHOST: Final = "localhost"
_LOOPBACK: Final = (ip_network("127.0.0.0/8"), ip_network("::1"))
_SENT_AT_ONCE: Final = 16 * 1024  # bytes: a TLS record, which the socket sends whole or not at all
_end: ContextVar[float] = ContextVar("the end of this thread's exchange")


def resolve(host: str, port: int) -> Sequence[str]:
    """What the system's resolver says, in its order."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def is_this_machine(host: str) -> bool:
    """Whether a host, as written, can mean nothing but this machine."""
    try:
        address = ip_address(host)
    except ValueError:
        return host == LOCALHOST
    return any(address in network for network in _LOOPBACK)


class Network(httpcore.NetworkBackend):
    """Opens connections to public addresses; to this machine when the host is written so; to others when allowed.

    ``setting`` names where the host comes from, for messages. ``private_hosts`` may lie on a private network.
    """

    def __init__(
        self,
        setting: str,
        private_hosts: frozenset[str] = frozenset(),
        *,
        clock: Callable[[], float] = time.monotonic,
        resolve: Resolve = resolve,
    ) -> None:
        self._setting, self._private_hosts = setting, private_hosts
        self._clock, self._resolve = clock, resolve
        self._sockets = httpcore.SyncBackend()

    @contextmanager
    def exchange(self, seconds: float) -> Iterator[None]:
        """Everything that this thread connects, sends and receives inside ends within so many seconds."""
        before = _end.set(self._clock() + seconds)
        try:
            yield
        finally:
            _end.reset(before)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """See httpcore.

        Raises:
            Misconfigured: the host has an address that may not be called.

        """
        trouble: httpcore.NetworkError | httpcore.TimeoutException | None = None
        for address in self._permitted(host, port):
            left = self.left(timeout, httpcore.ConnectTimeout)
            try:
                stream = self._sockets.connect_tcp(address, port, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                trouble = error
            else:
                return _Stream(stream, self)
        raise trouble or httpcore.ConnectError(f"{host} has no address")

    def left(self, timeout: float | None, late: type[httpcore.TimeoutException]) -> float | None:
        """The shorter of ``timeout`` and what is left of the exchange, in seconds.

        Raises:
            httpcore.TimeoutException: nothing is left.

        """
        end = _end.get(None)
        if end is None:
            return timeout
        left = end - self._clock()
        if left <= 0:
            raise late("the whole exchange took too long")
        return left if timeout is None else min(timeout, left)

    def _permitted(self, host: str, port: int) -> Sequence[str]:
        try:
            addresses = self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} does not resolve: {error}") from error
        for address in addresses:
            self._check(host, address)
        return addresses

    def _check(self, host: str, address: str) -> None:
        found = kind(address)
        if is_this_machine(host):
            if found != "loopback":
                raise Misconfigured(
                    f"{host} is {address} here, which is not this machine: mend {self._setting}."
                )
        elif found == "special":
            raise Misconfigured(
                f"{host} is {address}, which no outside system can have (link-local, metadata, reserved): "
                f"mend {self._setting}, or the name's records."
            )
        elif found != "public" and host not in self._private_hosts:
            raise Misconfigured(
                f"{host} is {address}, a {found} address. If it is meant to be one of the Region's own network, add "
                f"{host} to BOOSTEZ_PRIVATE_HOSTS; else mend {self._setting}."
            )


class _Stream(httpcore.NetworkStream):
    """A connection whose every step ends with the exchange."""

    def __init__(self, stream: httpcore.NetworkStream, network: Network) -> None:
        self._stream, self._network = stream, network

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._network.left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _SENT_AT_ONCE):
            left = self._network.left(timeout, httpcore.WriteTimeout)
            self._stream.write(buffer[start : start + _SENT_AT_ONCE], left)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._network.left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._network)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
