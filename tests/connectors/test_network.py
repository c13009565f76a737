"""Where a call may go, whatever its host resolves to, and that TLS still asks for the host's name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from connectors.http import Http, Response
from connectors.network import Resolve, is_this_machine
from schemas.errors import Misconfigured, Unreachable
from tests.connectors.authority import Authority
from tests.connectors.outside import Server, says

SETTING = "BOOSTEZ_CONTRACTOR_URL"
HOST = "contractor.example"


class Names:
    """A resolver that says what it is told, one answer a question, the last one for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers, self.asked = list(answers), 0

    def __call__(self, _host: str, _port: int) -> Sequence[str]:
        self.asked += 1
        return self.answers[min(self.asked, len(self.answers)) - 1]


def content(response: Response) -> bytes:
    return response.content


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    with server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@contextmanager
def calling(base: str, resolve: Resolve, *private: str) -> Iterator[Http]:
    client = Http(base, setting=SETTING, resolve=resolve, private_hosts=frozenset(private), timeout=5)
    yield client
    client.close()


def both(client: Http) -> list[Callable[[], object]]:
    return [lambda: client.read("/a", content), lambda: client.write("/a", data={"a": "1"})]


FORBIDDEN = {
    "private": ["10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "fd12::1", "::ffff:10.0.0.1"],
    "loopback": ["127.0.0.1", "::1", "::ffff:127.0.0.1", "127.9.9.9"],
    "which no outside system can have": [
        "169.254.169.254", "168.63.129.16", "fd00:ec2::254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe",
        "fe80::1", "224.0.0.1", "0.0.0.0", "::",
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "address"), [(kind, address) for kind, group in FORBIDDEN.items() for address in group]
)
def test_a_host_that_is_not_on_the_open_internet_is_refused_and_nothing_sent(kind: str, address: str) -> None:
    with calling(f"https://{HOST}", Names([address])) as client:
        for call in both(client):
            with pytest.raises(Misconfigured, match=f"{HOST} is {address}.*{kind}.*{SETTING}") as caught:
                call()
            assert ("BOOSTEZ_PRIVATE_HOSTS" in str(caught.value)) is (kind in {"private", "loopback"})


def test_one_forbidden_address_among_good_ones_is_enough() -> None:
    with calling(f"https://{HOST}", Names(["8.8.8.8", "10.0.0.1"])) as client:
        for call in both(client):
            with pytest.raises(Misconfigured, match=r"10\.0\.0\.1"):
                call()


@pytest.mark.parametrize(
    "host", ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::ffff:127.0.0.1]", "localhost."]
)
def test_this_machine_in_disguise_is_refused(host: str) -> None:
    """The system's own resolver is asked: it reads the first four as 127.0.0.1."""
    with pytest.raises(Misconfigured, match=SETTING):
        Http(f"http://{host}:9", setting=SETTING)
    with pytest.raises((Misconfigured, Unreachable), match=SETTING):
        Http(f"https://{host}:9", setting=SETTING, timeout=2).write("/a", data={})


@pytest.mark.parametrize("address", FORBIDDEN["which no outside system can have"])
def test_no_setting_allows_what_no_outside_system_can_have(address: str) -> None:
    with (
        calling(f"https://{HOST}", Names([address]), HOST) as client,
        pytest.raises(Misconfigured, match=SETTING),
    ):
        client.read("/a", content)


def test_localhost_that_is_elsewhere_is_refused() -> None:
    with calling("http://localhost:9", Names(["10.0.0.1"]), "localhost") as client:
        for call in both(client):
            with pytest.raises(Misconfigured, match=f"not this machine.*{SETTING}"):
                call()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_this_machine_may_be_called_when_it_is_written_so(host: str) -> None:
    with serving(Server()) as server:
        server.answers = [says(200, b"ici")]
        client = Http(f"http://{host}:{server.server_port}")
        assert client.read("/a", content) == b"ici"
        client.close()


def test_a_name_without_an_address_was_not_called() -> None:
    def nowhere(_host: str, _port: int) -> Sequence[str]:
        raise OSError("Name or service not known")

    for resolve in (nowhere, Names([])):
        with calling(f"https://{HOST}", resolve) as client:
            for call in both(client):
                with pytest.raises(Unreachable, match=SETTING):
                    call()


def test_a_label_that_no_name_can_have_was_not_called() -> None:
    client = Http(f"https://{'a' * 64}.example", setting=SETTING)
    with pytest.raises(Unreachable, match=SETTING):
        client.write("/a", data={})
    client.close()


# TLS


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """An authority that SSL_CERT_FILE names, as a Region's own would be."""
    made = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    return made


@contextmanager
def secured(authority: Authority, host: str) -> Iterator[Server]:
    server = Server()
    server.socket = authority.server_context(host).wrap_socket(server.socket, server_side=True)
    server.answers = [says(200, b"{}")]
    with serving(server):
        yield server


def test_a_private_host_that_is_allowed_is_called_by_its_name(authority: Authority) -> None:
    with (
        secured(authority, HOST) as server,
        calling(f"https://{HOST}:{server.server_port}", Names(["127.0.0.1"]), HOST) as client,
    ):
        assert client.read("/a", content) == b"{}"
        assert client.write("/a", data={"a": "1"}).status_code == 200
        assert [headers["Host"] for *_, headers in server.calls] == [f"{HOST}:{server.server_port}"] * 2


def test_a_certificate_of_another_name_is_refused_though_the_address_was_checked(
    authority: Authority,
) -> None:
    with (
        secured(authority, "evil.example") as server,
        calling(f"https://{HOST}:{server.server_port}", Names(["127.0.0.1"]), HOST) as client,
    ):
        for call in both(client):
            with pytest.raises(Unreachable, match=r"CERTIFICATE_VERIFY_FAILED.*Hostname mismatch"):
                call()
        assert server.calls == []


def test_a_name_that_moves_after_the_check_gains_nothing(authority: Authority) -> None:
    """DNS rebinding: the first answer is checked and connected to; the second, for a new connection, is checked again."""
    with secured(authority, HOST) as server:
        names = Names(["127.0.0.1"], ["169.254.169.254"])

        def last(handler: object) -> None:
            says(200, b"{}")(handler)  # type: ignore[arg-type]
            handler.close_connection = True  # type: ignore[attr-defined]

        server.answers = [last]
        with calling(f"https://{HOST}:{server.server_port}", names, HOST) as client:
            assert client.read("/a", content) == b"{}"
            assert names.asked == 1
            with pytest.raises(Misconfigured, match=r"169\.254\.169\.254"):
                client.write("/a", data={})
            assert names.asked == 2
        assert len(server.calls) == 1


def test_the_next_address_is_tried_when_one_does_not_answer(authority: Authority) -> None:
    with (
        secured(authority, HOST) as server,
        calling(f"https://{HOST}:{server.server_port}", Names(["::1", "127.0.0.1"]), HOST) as client,
    ):
        assert client.read("/a", content) == b"{}"


@pytest.mark.parametrize(
    "host", ["10.0.0.1", "a.example", "127.0.0.1.example", "::", "64:ff9b::7f00:1", "::ffff:127.0.0.1", ""]
)
def test_another_machine_is_not_this_one(host: str) -> None:
    assert not is_this_machine(host)
