"""What the contractor's client takes for a token, and what it tells of it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from pydantic import SecretStr

from connectors.contractor.client import Contractor
from connectors.http import Http
from schemas.errors import Unreachable
from tests.connectors.outside import Server, says, serving


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


@pytest.mark.parametrize(
    "token",
    [
        "t0ken\r\nX-Evil: 1",
        "t0ken\n",
        "t0ken é",
        "",
        " t0ken",
        "t0ken;a",
        "t0ken\x00",
        "t0" * 5000,
        7,
        None,
        ["t0ken"],
    ],
)
def test_a_token_that_no_header_can_carry_is_no_token(server: Server, token: object) -> None:
    server.answers = [says(200, msgspec.json.encode({"access_token": token, "expires_in": 9}))]
    http = Http(server.base, setting="BOOSTEZ_CONTRACTOR_URL")
    with pytest.raises(Unreachable, match="no token in the answer") as caught:
        Contractor(http, "boostez", SecretStr("s3cret-of-ours")).is_open("C-100")
    assert "t0ken" not in str(caught.value)
    assert {path for _, path, *_ in server.calls} == {"/oauth/token"}
    http.close()


def test_the_secret_travels_in_the_body_and_the_token_in_a_header(server: Server) -> None:
    token = "abc.DEF_123~+/-=="
    server.answers = [
        says(200, msgspec.json.encode({"access_token": token, "expires_in": 9})),
        says(200, b'{"status":"open"}'),
    ]
    http = Http(server.base)
    assert Contractor(http, "boostez", SecretStr("s3cret of ours")).is_open("C-100")
    [asked, read] = server.calls
    assert (asked[1], asked[2]) == (
        "/oauth/token",
        b"grant_type=client_credentials&client_id=boostez&client_secret=s3cret+of+ours",
    )
    assert (read[1], read[3]["Authorization"]) == ("/v1/offers/C-100", f"Bearer {token}")
    http.close()
