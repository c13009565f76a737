"""« Vérifier un fichier d’offres »: the page and the API."""

from __future__ import annotations

import json
from html import unescape
from typing import Any

import anyio
import pytest
from starlette.testclient import TestClient

from connectors.region.database import Region
from connectors.settings import Settings
from portal import forms, verifying
from portal.app import create_app
from tests.hostile import SCRIPTS
from tests.makers import contractor_job
from tests.portal.test_hostile import Markup

API = "/api/v1/verifier"
GOOD = json.dumps([contractor_job()])
FORM: dict[str, Any] = {"texte": "", "format": ""}


@pytest.fixture
def region() -> Region:
    """Nobody's: a check needs no database."""
    return Region("postgresql://nobody@127.0.0.1:1/none")


def send(
    client: TestClient,
    content: bytes | str = b"",
    *,
    name: str = "offres.json",
    headers: Any = None,
    **form: str,
) -> Any:
    """The form as a browser sends it: a file that was not chosen has an empty name."""
    file = (name if content else "", content, "application/octet-stream")
    if not content:
        body = "".join(
            f'--b\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
            for key, value in (FORM | form).items()
        )
        body += '--b\r\nContent-Disposition: form-data; name="fichier"; filename=""\r\nContent-Type: application/octet-stream\r\n\r\n\r\n--b--\r\n'
        told = {"Content-Type": "multipart/form-data; boundary=b", **(headers or {})}
        return client.post("/verifier", content=body.encode(), headers=told)
    return client.post("/verifier", data=FORM | form, files={"fichier": file}, headers=headers)


def test_an_uploaded_file_has_its_report_and_is_not_kept(client: TestClient) -> None:
    answer = send(client, GOOD)
    assert answer.status_code == 200
    assert "Aucune erreur" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    assert "Fournil" not in answer.text


def test_a_pasted_text_comes_back_to_be_put_right(client: TestClient) -> None:
    answer = send(client, texte='[{"ref": "J-1",}]', format="json")
    assert answer.status_code == 200
    assert "cette virgule est de trop" in answer.text
    assert "Ligne&nbsp;1, colonne&nbsp;15" in answer.text
    assert "[{&#34;ref&#34;: &#34;J-1&#34;,}]</textarea>" in answer.text
    assert '<option value="json" selected>' in answer.text


def test_nothing_and_both_are_told_at_the_field(client: TestClient) -> None:
    for answer in (send(client), send(client, GOOD, texte=GOOD)):
        assert answer.status_code == 422
        assert '<a href="#fichier">' in answer.text
        assert 'aria-describedby="fichier-aide fichier-erreur" aria-invalid="true"' in answer.text


def test_a_file_that_is_too_large_is_told_at_the_field(client: TestClient) -> None:
    answer = send(client, b"x" * (verifying.LARGEST + 70_000))
    assert answer.status_code == 413
    assert "dépasse 5 Mio" in answer.text
    assert (
        client.post(
            API, content=b"x" * (verifying.LARGEST + 1), headers={"Content-Type": "text/plain"}
        ).status_code
        == 413
    )
    assert (
        client.post(API, content=b"x" * verifying.LARGEST, headers={"Content-Type": "text/plain"}).status_code
        == 200
    )


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": "multipart/form-data"}, 400),
        ({"Content-Type": "multipart/form-data; boundary=x; charset=nonsense"}, 400),
    ],
)
def test_what_is_no_form_of_ours_is_refused_and_told(
    client: TestClient, headers: dict[str, str], status: int
) -> None:
    answer = send(client, texte=GOOD, headers=headers)
    assert answer.status_code == status
    assert "n’a pas pu être lu" in answer.text


@pytest.mark.parametrize("script", SCRIPTS)
def test_no_value_of_a_file_writes_into_the_page(client: TestClient, script: str) -> None:
    offer = contractor_job(ref=script, kind=script, rome_code=script, apply_url=script)
    answer = send(client, json.dumps([offer, offer | {"version": 4}]))
    assert answer.status_code == 200
    tags = Markup(answer.text).tags
    assert {tag for tag, _ in tags} & {"script", "img", "svg", "iframe", "style", "base", "math"} == set()
    assert not [name for _, attributes in tags for name in attributes if name.startswith("on")]
    assert not any(unseen in answer.text for unseen in "\0\x1b\u202e\u2066\u200b\ufeff")


@pytest.mark.parametrize(
    "type_",
    ["application/json", "application/x-ndjson", "text/plain; charset=utf-8", "application/octet-stream"],
)
def test_a_machine_gets_the_report_as_json(client: TestClient, type_: str) -> None:
    answer = client.post(API, content=GOOD, headers={"Content-Type": type_})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    assert (told["format"], told["publishable"], told["offers"]["published"], told["troubles"]) == (
        "json",
        True,
        1,
        [],
    )


def test_a_machine_is_told_every_error_with_what_to_write(client: TestClient) -> None:
    wrong = json.dumps([contractor_job(job={"contract": "cdi"})])
    told = client.post(API, content=wrong, headers={"Content-Type": "application/json"}).json()
    assert told["publishable"] is False
    [trouble] = told["troubles"]
    assert (trouble["field"], trouble["rule"], trouble["count"]) == ("job/contract", "enum", 1)
    assert json.loads(trouble["examples"][0]["replacement"]) == "CDI"
    assert trouble["examples"][0]["line"] == 1


@pytest.mark.parametrize("query", ["?format=csv", "?format=json&format=lheo", "?x=1"])
def test_a_wrong_parameter_is_a_problem(client: TestClient, query: str) -> None:
    answer = client.post(API + query, content=GOOD, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json()["errors"]


@pytest.mark.parametrize(
    "type_", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "image/png", ""]
)
def test_a_wrong_type_is_a_problem_that_says_which_are_right(client: TestClient, type_: str) -> None:
    answer = client.post(API, content=GOOD, headers={"Content-Type": type_})
    assert answer.status_code == 415
    assert "application/xml" in answer.json()["detail"]


def test_checks_are_counted_and_opening_the_page_is_not(region: Region, chosen: Settings) -> None:
    client = TestClient(
        create_app(region, chosen.model_copy(update={"portal_rate_checks": 2}), clock=lambda: 1_000.0)
    )
    for _ in range(5):
        assert client.get("/verifier").status_code == 200
    assert send(client, GOOD).headers["ratelimit-policy"] == '"verification";q=2;w=60'
    assert client.post(API, content=GOOD, headers={"Content-Type": "application/json"}).status_code == 200
    assert client.post(API, content=GOOD, headers={"Content-Type": "application/json"}).status_code == 429
    assert send(client, GOOD, headers={"Accept": "text/html"}).status_code == 429


@pytest.mark.parametrize("path", ["/verifier", API, "/deposer"])
@pytest.mark.parametrize("breaks_off", [True, False])
def test_a_body_that_does_not_come_is_not_waited_for_for_ever(
    region: Region, chosen: Settings, monkeypatch: pytest.MonkeyPatch, path: str, *, breaks_off: bool
) -> None:
    """What had come of a file waited in memory for the rest, as long as its sender liked, and twenty a minute may begin."""
    monkeypatch.setattr(forms, "PATIENCE", 0.05)
    media = {API: "text/plain", "/deposer": "application/x-www-form-urlencoded"}.get(
        path, "multipart/form-data; boundary=b"
    )
    scope = {
        "type": "http", "http_version": "1.1", "scheme": "https", "method": "POST", "path": path, "root_path": "",
        "query_string": b"", "headers": [(b"content-type", media.encode())], "client": ("198.51.100.7", 1),
    }  # fmt: skip
    told: list[Any] = [{"type": "http.disconnect"}] if breaks_off else []
    told.append({"type": "http.request", "body": b"a", "more_body": True})
    answers: list[Any] = []

    async def receive() -> Any:
        return told.pop() if told else await anyio.sleep_forever()

    async def send_on(message: Any) -> None:
        answers.append(message)

    anyio.run(create_app(region, chosen), scope, receive, send_on)
    assert answers[0]["status"] == 408


def test_when_too_many_wait_one_is_told_to_come_back(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifying, "WAITING", 0)
    answer = send(client, GOOD)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert "attendent leur tour" in answer.text
    told = client.post(API, content=GOOD, headers={"Content-Type": "application/json"})
    assert (told.status_code, told.headers["retry-after"]) == (503, "30")


def test_a_file_that_takes_too_long_is_looked_at_in_part(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """5 MiB of lists in lists took a processor 35 seconds, and twenty such files a minute may come from one address."""
    monkeypatch.setattr(verifying, "SECONDS", -1.0)
    two = json.dumps([contractor_job("J-1"), contractor_job("J-2")])
    told = client.post(API, content=two, headers={"Content-Type": "application/json"}).json()
    assert (told["cut"], told["offers"]["read"]) == (True, 1)
    page = unescape(send(client, two).text)
    assert "trop long à vérifier" in page
    assert "Aucune erreur dans la seule offre vérifiée, et le reste n’a pas été vérifié." in page


def test_the_example_shows_what_a_report_is_and_does_not_change_with_the_day(client: TestClient) -> None:
    page = client.get("/verifier/exemple")
    assert "2&nbsp;offres seraient refusées sur 3" in page.text
    assert "Vouliez-vous dire" in page.text
    assert page.headers["etag"] == client.get("/verifier/exemple").headers["etag"]


@pytest.mark.parametrize("page", ["/donnees", "/verifier"])
def test_it_is_linked_from_every_page_and_from_the_data(client: TestClient, page: str) -> None:
    assert client.get(page).text.count('href="/verifier"') >= (2 if page == "/donnees" else 1)
