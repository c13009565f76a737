from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from sandbox.app import create_app
from sandbox.server import running

JOBS, TRAININGS = 400, 500
PAGE = "100000000000001"
TOKEN = "sandbox-page-token"
PROOF = hmac.new(b"sandbox-app-secret", TOKEN.encode(), hashlib.sha256).hexdigest()


class Sandbox:
    """A running sandbox, as tests speak to it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.Client(base_url=url, timeout=10)
        self.renew()

    def renew(self) -> None:
        form = {"grant_type": "client_credentials", "client_id": "boostez", "client_secret": "sandbox-secret"}
        answer = self.http.post("/oauth/token", data=form)
        self.http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def admin(self, path: str, /, **body: Any) -> Any:
        answer = self.http.post(f"/_sandbox/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def truth(self) -> Any:
        return self.http.get("/_sandbox/truth").json()

    def offers(self, **params: Any) -> httpx.Response:
        return self.http.get("/v1/offers", params=params)

    def walk(self, **params: Any) -> list[Any]:
        items: list[Any] = []
        page = self.offers(**params).json()
        items += page["items"]
        while page["next_cursor"]:
            page = self.offers(**params, cursor=page["next_cursor"]).json()
            items += page["items"]
        return items

    def graph(self, method: str, path: str, **params: str) -> Any:
        credentials = {"access_token": TOKEN, "appsecret_proof": PROOF}
        return self.http.request(method, f"/graph/v26.0/{path}", params={**credentials, **params}).json()

    def batch(self, *items: tuple[str, str, dict[str, str]], **form: str) -> httpx.Response:
        written = [{"method": m, "relative_url": url, "body": urlencode(body)} for m, url, body in items]
        data = {"batch": json.dumps(written), "access_token": TOKEN, "appsecret_proof": PROOF, **form}
        return self.http.post("/graph/v26.0/", data=data)

    def post(self, message: str, **more: str) -> str:
        return str(self.graph("POST", f"{PAGE}/feed", message=message, **more)["id"])


@pytest.fixture(scope="session")
def _served() -> Iterator[Sandbox]:
    with running(create_app(None, jobs=JOBS, trainings=TRAININGS)) as url:
        sandbox = Sandbox(url)
        yield sandbox
        sandbox.http.close()


@pytest.fixture
def sandbox(_served: Sandbox) -> Sandbox:
    _served.admin("reset")
    _served.renew()
    return _served
