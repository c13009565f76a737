from __future__ import annotations

import datetime as dt
import gzip
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler

import httpx
import pytest
import zstandard
from hypothesis import example, given
from hypothesis import strategies as st

from connectors import http
from connectors.http import ATTEMPTS, Http, Response, problem, refusal, retry_after
from core.budgets import LONGEST
from schemas.errors import Misconfigured, Permanent, RetryLater, Unknown, Unreachable
from tests.connectors.outside import (
    Answer,
    Server,
    Ticking,
    cut,
    drip,
    drip_headers,
    hang,
    not_yet,
    reset,
    says,
    serving,
)

SETTING = "BOOSTEZ_CONTRACTOR_URL"
NOON = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as made:
        yield made


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


def test_a_secret_that_answers_tell_is_taken_out_before_anybody_reads_it(server: Server) -> None:
    """In answers that are wanted and in those that are refused, whose beginning is shown."""
    server.answers = [
        says(200, b"key=CaNaRy-1 fin"),
        says(201, b"key=CaNaRy-2 fin"),
        says(403, b"key=CaNaRy-3 fin"),
    ]
    client = Http(server.base, timeout=10, hushed=re.compile(rb"CaNaRy-\d"))
    assert client.read("/a", content) == b"key=[secret] fin"
    assert client.write("/a", data={}).content == b"key=[secret] fin"
    with pytest.raises(Permanent) as caught:
        client.read("/a", content)
    client.close()
    assert "CaNaRy" not in str(caught.value)
    assert "fin" in str(caught.value)


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
def test_a_redirect_is_refused_and_says_so(server: Server, client: Http, status: int) -> None:
    server.answers = [says(status, Location="https://me:s3cret@elsewhere.example/a?token=s3cret")]
    where = f"{status}: a redirect to https://elsewhere.example, and redirects are never followed.*{SETTING}"
    with pytest.raises(Permanent, match=where) as caught:
        client.read("/a", content)
    assert "s3cret" not in str(caught.value)
    with pytest.raises(Unknown, match=where):
        client.write("/a", data={})
    assert [path for _, path, *_ in server.calls] == ["/a", "/a"]


@pytest.mark.parametrize("location", ["/b", "//"])
def test_a_redirect_that_names_no_host_is_a_redirect(server: Server, client: Http, location: str) -> None:
    server.answers = [says(302, Location=location)]
    with pytest.raises(Permanent, match="302: a redirect elsewhere"):
        client.read("/a", content)


@pytest.mark.parametrize("location", ["javascript:alert(1)", "http:a:b", "\x7f"])
def test_a_redirect_to_nonsense_is_no_answer(server: Server, client: Http, location: str) -> None:
    server.answers = [says(302, Location=location)]
    with pytest.raises(Unreachable, match=SETTING):
        client.read("/a", content)
    with pytest.raises(Unknown):
        client.write("/a", data={})


# Time


@pytest.mark.parametrize("trouble", [drip, drip_headers, not_yet])
def test_a_read_that_drips_for_ever_ends(server: Server, trouble: Answer) -> None:
    server.answers = [trouble]
    clock = Ticking(http.READ_SECONDS / 5)
    client = Http(server.base, setting=SETTING, clock=clock)
    with pytest.raises(Unreachable, match=SETTING):
        client.read("/a", content)
    assert len(server.calls) == ATTEMPTS
    assert clock.now < 2 * ATTEMPTS * http.READ_SECONDS
    client.close()


@pytest.mark.parametrize("trouble", [drip, drip_headers, not_yet])
def test_a_write_whose_answer_drips_for_ever_is_unknown(server: Server, trouble: Answer) -> None:
    server.answers = [trouble]
    clock = Ticking(http.WRITE_SECONDS / 5)
    client = Http(server.base, clock=clock)
    with pytest.raises(Unknown, match="took too long"):
        client.write("/a", data={"a": "1"})
    assert len(server.calls) == 1
    assert clock.now < 2 * http.WRITE_SECONDS
    client.close()


def test_a_write_that_is_taken_in_too_slowly_is_unknown() -> None:
    """Nobody reads: the kernel takes in a few hundred kilobytes, and the clock is past its end before."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        client = Http(
            f"http://127.0.0.1:{deaf.getsockname()[1]}", clock=Ticking(http.WRITE_SECONDS / 6), timeout=5
        )
        with pytest.raises(Unknown, match="WriteTimeout: the whole exchange took too long"):
            client.write("/a", data={"a": "1" * 10_000_000})
        client.close()


def test_time_that_runs_out_before_anything_is_sent_is_no_write(server: Server) -> None:
    client = Http(server.base, setting=SETTING, clock=Ticking(http.WRITE_SECONDS + 1))
    with pytest.raises(Unreachable, match=SETTING):
        client.write("/a", data={})
    assert server.calls == []
    client.close()


def test_each_try_of_a_read_has_its_own_time(server: Server) -> None:
    server.answers = [says(503)] * (ATTEMPTS - 1) + [says(200, b"enfin")]
    client = Http(server.base, clock=Ticking(http.READ_SECONDS / 10))
    assert client.read("/a", content) == b"enfin"
    client.close()


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


def test_a_write_may_have_a_method_of_its_own(server: Server, client: Http) -> None:
    server.answers = [says(201)]
    client.write("/a", data=b"<x/>", headers={"If-None-Match": "*"}, method="PUT")
    client.write("/a", data=b"", method="DELETE")
    assert [(method, body) for method, _, body, _ in server.calls] == [("PUT", b"<x/>"), ("DELETE", b"")]
    assert server.calls[0][3]["If-None-Match"] == "*"


def test_a_read_may_have_a_method_and_a_body_of_its_own(server: Server, client: Http) -> None:
    server.answers = [says(503), says(207, b"<y/>")]
    said = client.read("/a", content, data=b"<x/>", method="REPORT", accept=frozenset({207}))
    assert said == b"<y/>"
    assert [(method, body) for method, _, body, _ in server.calls] == [("REPORT", b"<x/>")] * 2


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


@pytest.mark.parametrize(
    "base",
    [
        "http://me:s3cret@a.example",
        "ftp://me:s3cret@a.example",
        "https://me:s3cret@a.example",
        "https://s3cret@a.example",
        "https://:s3cret@a.example/api",
        "http://me:s3cret@127.0.0.1",
        "https://me:s3cret",
        "https://me:s3cret@a.example:port",
        "https://a.example/?token=s3cret",
        "https://a.example/#s3cret",
    ],
)
def test_a_password_in_an_address_is_refused_and_not_told(base: str) -> None:
    with pytest.raises(Misconfigured, match=SETTING) as caught:
        Http(base, setting=SETTING)
    assert "s3cret" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


# Headers


@pytest.mark.parametrize(
    "value",
    ["s3cret\r\nX-Evil: 1", "s3cret\n", " s3cret", "s3cret ", "s3c\x00ret", "s3crét", "s3cret\u2028x"],
)
def test_a_header_that_could_hold_another_is_refused_and_not_told(
    server: Server, client: Http, value: str
) -> None:
    for call in (
        lambda: client.read("/a", content, headers=lambda: {"X-Key": value}),
        lambda: client.write("/a", data={}, headers={"X-Key": value}),
    ):
        with pytest.raises(Misconfigured, match="X-Key") as caught:
            call()
        assert "s3c" not in str(caught.value)
    assert server.calls == []


def test_whatever_is_visible_can_be_sent(server: Server, client: Http) -> None:
    visible = "".join(map(chr, range(33, 127)))
    client.read("/a", content, headers=lambda: {"X-Key": visible, "X-Other": f"a\t{visible} b", "X-None": ""})
    [(_, _, _, headers)] = server.calls
    assert (headers["X-Key"], headers["X-None"]) == (visible, "")


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
        ("\x1b[31mrouge\x9b\u202e".encode(), "\\u001b[31mrouge\\u009b\\u202e"),
        (b'{"detail":"a\\u001b]0;b"}', "a\\u001b]0;b"),
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
    assert all(c.isprintable() or c in "\u00a0\u202f" for c in line)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "localhost", "[::1]"])
def test_plain_http_is_allowed_to_this_machine(host: str) -> None:
    Http(f"http://{host}:4401").close()
