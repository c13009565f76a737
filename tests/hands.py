"""What people do by hand to a channel: at the Page, in the feed's file, in the board's table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text

from connectors.graph.words import proof
from connectors.region.database import Region
from connectors.settings import Settings
from schemas.offer import Offer, content_hash, encode, key_of


class PageEditor:
    """An editor of the Page, with Facebook's own means."""

    def __init__(self, settings: Settings) -> None:
        token = settings.facebook_token.get_secret_value()
        assert settings.facebook_app_secret
        self._root = f"{settings.graph}/v26.0"
        self._page = settings.facebook_page_id
        self._credentials = {
            "access_token": token,
            "appsecret_proof": proof(token, settings.facebook_app_secret.get_secret_value()),
        }

    def _call(self, method: str, path: str, **words: str) -> Any:
        answer = httpx.request(
            method, f"{self._root}/{path}", params={**self._credentials, **words}, trust_env=False
        )
        answer.raise_for_status()
        return answer.json()

    def post(self, message: str) -> str:
        return str(self._call("POST", f"{self._page}/feed", message=message)["id"])

    def message(self, post: str) -> str:
        return str(self._call("GET", post, fields="id,message")["message"])

    def edit(self, post: str, message: str) -> None:
        self._call("POST", post, message=message)

    def schedule(self, title: str, description: str, starts: dt.datetime) -> str:
        """A live video."""
        when = str(int(starts.timestamp()))
        words = {"status": "SCHEDULED_UNPUBLISHED", "title": title, "description": description}
        return str(self._call("POST", f"{self._page}/live_videos", event_params=when, **words)["id"])

    def change(self, thing: str, **words: str) -> None:
        """A live video, or a comment."""
        self._call("POST", thing, **words)

    def comment(self, place: str, message: str) -> None:
        """The Page says something under an object."""
        self._call("POST", f"{place}/comments", message=message)

    def delete(self, post: str) -> None:
        self._call("DELETE", post)


class Feed:
    """Somebody with a text editor on the feed's folder."""

    def __init__(self, settings: Settings) -> None:
        self.path: Path = settings.home / "feeds" / "aggregator.xml"

    @property
    def text(self) -> str:
        return self.path.read_text("utf-8")

    def write(self, text: str) -> None:
        self.path.write_text(text, "utf-8")

    def job(self, key: str) -> str:
        """The lines of one job, as they stand in the file."""
        head, _, rest = self.text.partition(f"<referencenumber><![CDATA[{key}]]>")
        return f"<job>{head.rpartition('<job>')[2]}<referencenumber><![CDATA[{key}]]>{rest.partition('</job>')[0]}</job>\n"

    def replace(self, key: str, change: Callable[[str], str]) -> None:
        job = self.job(key)
        assert self.text.count(job) >= 1
        self.write(self.text.replace(job, change(job), 1))

    def add(self, job: str) -> None:
        self.write(self.text.replace("</source>", f"{job}</source>"))


def later(region: Region) -> None:
    """An hour passes for every lease, hold and look-up."""
    sql(
        region,
        "UPDATE effect SET lease_until = lease_until - interval '1 hour', not_before = not_before - interval '1 hour', "
        "looked_up_at = looked_up_at - interval '1 hour'",
    )
    sql(region, "UPDATE channel SET not_before = NULL, next_call_at = NULL")


def sql(region: Region, statement: str, **values: Any) -> list[Any]:
    """Somebody at the database's prompt."""
    with region.begin() as connection:
        answer = connection.execute(text(statement), values)
        return list(answer.all()) if answer.returns_rows else []


def put_on_board(region: Region, offer: Offer, withdrawn_at: dt.datetime | None = None) -> str:
    """An offer on the board, as the channel puts it there, withdrawn when told. Returns its key."""
    content, key = encode(offer), key_of(offer.source, offer.ref)
    with region.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO board (key, kind, marker, content, content_hash, published_at, withdrawn_at) VALUES "
                "(:key, :kind, :key || '-1', cast(:content AS jsonb), :hash, :published_at, :withdrawn_at)"
            ),
            {
                "key": key,
                "kind": offer.kind,
                "content": None if withdrawn_at else content.decode(),
                "hash": None if withdrawn_at else content_hash(content),
                "published_at": offer.published_at,
                "withdrawn_at": withdrawn_at,
            },
        )
    return key
