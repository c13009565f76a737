from __future__ import annotations

import datetime as dt
import gzip
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import httpx
import pytest
import zstandard
from hypothesis import example, given
from hypothesis import strategies as st

from connectors import http
from connectors.http import ATTEMPTS, Http, Response, problem, refusal, retry_after
from core.budgets import LONGEST
from schemas.errors import Misconfigured, Permanent, RetryLater, Unknown, Unreachable

SETTING = "BOOSTEZ_CONTRACTOR_URL"
NOON = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
Answer = Callable[[BaseHTTPRequestHandler], None]


class Handler(BaseHTTPRequestHandler):
    """Gives the server's answers, one a call, the last one for ever."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        """Say nothing."""

    def _serve(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        server.calls.append((self.command, self.path, body, dict(self.headers)))
        answer = server.answers[min(len(server.calls), len(server.answers)) - 1]
        answer(self)

    do_GET = do_POST = do_PUT = _serve  # noqa: N815 - the base's names


class Server(ThreadingHTTPServer):
    """An outside system that does as it is told."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[Answer] = [says(200, b"{}")]
        self.calls: list[tuple[str, str, bytes, dict[str, str]]] = []
        self.release = Event()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


def says(status: int, body: bytes = b"", **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        with suppress(OSError):
            handler.wfile.write(body)

    return answer


def cut(handler: BaseHTTPRequestHandler) -> None:
    """Half a body, then nothing."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b'{"items":[')
    handler.close_connection = True


def reset(handler: BaseHTTPRequestHandler) -> None:
    """A connection torn down without an answer."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    handler.close_connection = True
    handler.connection.close()


def hang(handler: BaseHTTPRequestHandler) -> None:
    """No answer until the test ends."""
    assert isinstance(handler.server, Server)
    handler.server.release.wait(30)
    handler.close_connection = True


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield running
        running.release.set()
        running.shutdown()
        thread.join()


@pytest.fixture
def client(server: Server) -> Iterator[Http]:
    made = Http(server.base, setting=SETTING, timeout=10)
    yield made
    made.close()


def content(response: Response) -> bytes:
    return response.content


def nobody() -> str:
    """An address on which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


# Reads


def test_a_read_gives_what_is_made_of_the_answer(server: Server, client: Http) -> None:
    server.answers = [says(200, b"bonjour")]
    assert client.read("/a", content, params={"q": "é"}, headers=lambda: {"X-Key": "k"}) == b"bonjour"
    [(method, path, _, headers)] = server.calls
    assert (method, path, headers["X-Key"]) == ("GET", "/a?q=%C3%A9", "k")
    assert client.requests == 1
    assert client.writes == 0


def test_a_read_with_a_form_is_a_post(server: Server, client: Http) -> None:
    client.read("/oauth/token", content, data={"grant_type": "client_credentials"})
    [(method, _, body, _)] = server.calls
    assert (method, body) == ("POST", b"grant_type=client_credentials")


@pytest.mark.parametrize(
    "trouble",
    [
        says(503, Retry_After="1"),
        says(503, Retry_After=format_datetime(NOON, usegmt=True)),
        says(429, Retry_After="0"),
        says(503),
        says(500),
        says(502, b"<html>"),
        says(408),
        cut,
        reset,
        says(200, b"not gzip", Content_Encoding="gzip"),
        says(200, b"not zstd", Content_Encoding="zstd"),
    ],
    ids=[
        "503-seconds",
        "503-date",
        "429",
        "503-silent",
        "500",
        "502",
        "408",
        "cut",
        "reset",
        "bad-gzip",
        "bad-zstd",
    ],
)
def test_a_read_in_trouble_is_tried_again(server: Server, client: Http, trouble: Answer) -> None:
    server.answers = [trouble, trouble, says(200, b"enfin")]
    assert client.read("/a", content) == b"enfin"
    assert len(server.calls) == 3


def test_a_read_that_its_reader_does_not_understand_is_tried_again(server: Server, client: Http) -> None:
    server.answers = [says(200, b"<html>"), says(200, b"{}")]

    def parse(response: Response) -> bytes:
        if response.content.startswith(b"<"):
            raise RetryLater("HTML", after=0.0)
        return response.content

    assert client.read("/a", parse) == b"{}"


def test_headers_are_asked_anew_at_each_try(server: Server, client: Http) -> None:
    server.answers = [says(503), says(200)]
    tokens = iter(["old", "new"])
    client.read("/a", content, headers=lambda: {"Authorization": next(tokens)})
    assert [headers["Authorization"] for *_, headers in server.calls] == ["old", "new"]


@pytest.mark.parametrize(
    "trouble", [says(503, b'{"detail":"pause"}'), cut, reset], ids=["503", "cut", "reset"]
)
def test_a_read_that_never_works_gives_up_and_names_the_setting(
    server: Server, client: Http, trouble: Answer
) -> None:
    server.answers = [trouble]
    with pytest.raises(Unreachable, match=SETTING):
        client.read("/a", content)
    assert len(server.calls) == ATTEMPTS


def test_a_read_of_nobody_gives_up_and_names_the_setting() -> None:
    client = Http(nobody(), setting=SETTING)
    with pytest.raises(Unreachable, match=SETTING):
        client.read("/a", content)
    client.close()


def test_a_read_that_times_out_is_tried_again(server: Server) -> None:
    server.answers = [hang, says(200, b"enfin")]
    client = Http(server.base, timeout=0.2)
    assert client.read("/a", content) == b"enfin"
    client.close()


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
def test_an_answer_that_will_not_change_is_permanent_at_once(
    server: Server, client: Http, status: int
) -> None:
    server.answers = [says(status, b'{"detail":"jamais"}')]
    with pytest.raises(Permanent, match=f"{status}.*jamais"):
        client.read("/a", content)
    assert len(server.calls) == 1


def test_an_accepted_status_reaches_the_reader(server: Server, client: Http) -> None:
    server.answers = [says(404)]
    accept = frozenset({200, 404})
    assert client.read("/a", lambda response: response.status_code, accept=accept) == 404


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(server: Server, client: Http, status: int) -> None:
    server.answers = [says(status, Location=f"{server.base}/elsewhere"), says(200, b"elsewhere")]
    with pytest.raises(Permanent, match=str(status)):
        client.read("/a", content)
    assert client.write("/a", data={}).status_code == 200
    assert [path for _, path, *_ in server.calls] == ["/a", "/a"]


# Bodies


ENCODINGS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("identity", bytes),
    ("gzip", gzip.compress),
    ("zstd", zstandard.ZstdCompressor().compress),
]


@pytest.mark.parametrize(("name", "encode"), ENCODINGS)
def test_a_body_is_decoded(server: Server, client: Http, name: str, encode: Callable[[bytes], bytes]) -> None:
    body = "Région Auvergne-Rhône-Alpes".encode() * 1000
    server.answers = [says(200, encode(body), Content_Encoding=name)]
    assert client.read("/a", content) == body
    offered = server.calls[0][3]["Accept-Encoding"]
    assert "gzip" in offered
    assert "zstd" in offered
    assert client.write("/a", data={"a": "1"}).content == body


@pytest.mark.parametrize(("name", "encode"), ENCODINGS)
def test_a_body_beyond_the_limit_is_refused(
    server: Server,
    client: Http,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    encode: Callable[[bytes], bytes],
) -> None:
    monkeypatch.setattr(http, "MAX_BYTES", 10_000)
    server.answers = [says(200, encode(b"a" * 10_000), Content_Encoding=name)]
    assert len(client.read("/a", content)) == 10_000
    server.answers = [says(200, encode(b"a" * 10_001), Content_Encoding=name)]
    with pytest.raises(Unreachable, match="more than 10000 bytes"):
        client.read("/a", content)
    with pytest.raises(Unknown):
        client.write("/a", data={})


# Writes


def test_a_write_is_a_form_sent_once(server: Server, client: Http) -> None:
    server.answers = [says(200, b"{}")]
    assert client.write("/a", data={"message": "é & <b>"}, headers={"X-Key": "k"}).content == b"{}"
    [(method, path, body, headers)] = server.calls
    assert (method, path, body) == ("POST", "/a", b"message=%C3%A9+%26+%3Cb%3E")
    assert headers["X-Key"] == "k"
    assert (client.requests, client.writes) == (1, 1)


@pytest.mark.parametrize("status", [200, 201, 400, 401, 404, 429, 500, 502, 503])
def test_any_status_of_a_write_is_the_callers_to_read(server: Server, client: Http, status: int) -> None:
    server.answers = [says(status, b"said", Retry_After="1")]
    response = client.write("/a", data={})
    assert (response.status_code, response.content) == (status, b"said")
    assert len(server.calls) == 1


@pytest.mark.parametrize(
    "trouble",
    [cut, reset, hang, says(200, b"not gzip", Content_Encoding="gzip")],
    ids=["cut", "reset", "hang", "bad-gzip"],
)
def test_a_write_without_a_whole_answer_is_unknown_and_never_sent_again(
    server: Server, trouble: Answer
) -> None:
    server.answers = [trouble, says(200)]
    client = Http(server.base, timeout=0.3)
    with pytest.raises(Unknown):
        client.write("/a", data={"a": "1"})
    assert len(server.calls) == 1
    client.close()


def test_a_write_on_a_connection_that_the_other_side_has_closed_is_not_sent_twice(server: Server) -> None:
    def last(handler: BaseHTTPRequestHandler) -> None:
        says(200)(handler)
        handler.close_connection = True

    server.answers = [last, last, last]
    client = Http(server.base, timeout=5)
    client.read("/warm", content)
    with suppress(Unknown):
        client.write("/a", data={"a": "1"})
    assert sum(path == "/a" for _, path, *_ in server.calls) <= 1
    client.close()


def test_a_write_to_nobody_was_not_sent() -> None:
    client = Http(nobody(), setting=SETTING)
    with pytest.raises(RetryLater) as caught:
        client.write("/a", data={})
    assert caught.value.after > 0
    client.close()


# Addresses


@pytest.mark.parametrize(
    "base",
    [
        "http://127.0.0.1:4401",
        "http://localhost/",
        "http://[::1]:8080/graph",
        "https://graph.facebook.com",
        "HTTPS://A.example",
    ],
)
def test_https_and_this_machine_are_good_addresses(base: str) -> None:
    client = Http(base)
    assert not client.base.endswith("/")
    client.close()


@pytest.mark.parametrize(
    "base",
    [
        "http://graph.facebook.com",
        "http://127.0.0.1.example",
        "http://localhost.example/",
        "http://127.0.0.1@evil.example/",
        "http://10.0.0.1",
        "http://0.0.0.0",
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "graph.facebook.com",
        "127.0.0.1:4401",
        "https://",
        "",
        "javascript:alert(1)",
        "https://[::1",
        "https://a.example:port",
    ],
)
def test_any_other_address_is_misconfigured_and_names_its_setting(base: str) -> None:
    with pytest.raises(Misconfigured, match=SETTING):
        Http(base, setting=SETTING)


def test_a_password_in_an_address_is_not_told() -> None:
    for base in ("http://me:s3cret@a.example", "ftp://me:s3cret@a.example"):
        with pytest.raises(Misconfigured) as caught:
            Http(base, setting=SETTING)
        assert "s3cret" not in str(caught.value)


# Retry-After


def told(value: str) -> Response:
    return httpx.Response(503, headers=[(b"Retry-After", value.encode("latin-1", "ignore"))])


@given(st.integers(0, 10**9))
def test_a_number_is_that_many_seconds_and_no_more_than_a_day(seconds: int) -> None:
    assert retry_after(told(str(seconds)), NOON) == min(seconds, LONGEST)


@given(st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(9000, 1, 1), timezones=st.just(dt.UTC)))  # noqa: DTZ001
@example(NOON - dt.timedelta(days=1))
def test_a_date_is_the_time_until_then_never_less_than_none_nor_more_than_a_day(moment: dt.datetime) -> None:
    moment = moment.replace(microsecond=0)
    wait = retry_after(told(format_datetime(moment, usegmt=True)), NOON)
    assert wait == min(max(0.0, (moment - NOON).total_seconds()), LONGEST)


@pytest.mark.parametrize(
    "value", ["", "soon", "-5", "1.5", "²", "Tue, 24 Nov", "Tue, 99 Nov 2026 12:00:00 GMT", "0x10", "1 2"]
)
def test_what_says_nothing_is_a_second(value: str) -> None:
    assert retry_after(told(value), NOON) == 1.0


def test_no_header_is_a_second() -> None:
    assert retry_after(httpx.Response(503), NOON) == 1.0


dates = st.builds(
    "{} {} {} {}:{} {}".format,
    st.sampled_from(["Tue, 24", "24", "Tue, 00", ""]),
    st.sampled_from(["Nov", "Xyz", "13"]),
    st.sampled_from(["2026", "26", "0", "99999"]),
    st.integers(0, 99),
    st.sampled_from(["00:00", "61:61", "0"]),
    st.sampled_from(["GMT", "-0000", "+9999", "", "CET", "+0100"]),
)


@given(st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\x00")) | dates)
@example("Tue, 24 Nov 2026 12:00:00 -0000")
@example("Tue, 24 Nov 2026 12:00:00")
@example("9" * 400)
def test_no_header_fails_or_gives_less_than_no_time(value: str) -> None:
    assert retry_after(told(value), NOON) >= 0.0


# Refusals


@given(st.integers(300, 599))
def test_a_status_is_either_worth_another_try_or_permanent(status: int) -> None:
    error = refusal(httpx.Response(status))
    again = status >= 500 or status in {408, 429}
    assert isinstance(error, RetryLater if again else Permanent)
    assert str(status) in str(error)


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (b'{"title":"Bad","detail":"Missing ref"}', "Missing ref"),
        (b'{"title":"Bad"}', "Bad"),
        (b'{"error":"invalid_token"}', "invalid_token"),
        (b"<html>\nGone</html>", "<html> Gone</html>"),
        (b"[1]", "[1]"),
        (b"", ""),
    ],
)
def test_a_problem_is_told_in_one_line(body: bytes, line: str) -> None:
    assert problem(httpx.Response(400, content=body)) == line


@given(st.binary(max_size=600))
@example(b"[" * 20_000)
@example(b'{"detail":"a\\nb"}')
def test_a_problem_is_one_short_line_whatever_the_body(body: bytes) -> None:
    line = problem(httpx.Response(400, content=body))
    assert len(line) <= 200
    assert "\n" not in line


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "localhost", "[::1]"])
def test_plain_http_is_allowed_to_this_machine(host: str) -> None:
    Http(f"http://{host}:4401").close()
