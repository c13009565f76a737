"""Graph API's words for the Page's posts, pure.

Belongs here: an offer as a post, a batch as a form, an item's answer as a receipt. Does not: calling (channel.py).

Sources: developers.facebook.com, Graph API, "Batch Requests" (50 items, answers in order, null = not executed), "Error
Handling" (codes), "Rate Limiting" (usage headers); v26.0.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final
from urllib.parse import urlencode

import jinja2
import msgspec

from core.budgets import LONGEST, Usage
from core.effects import Intent, Receipt
from core.html import plain_text
from core.wording import excerpt, facts
from schemas.documents import visible
from schemas.errors import Cause, Permanent, RetryLater
from schemas.offer import Offer, decode

# Our sentence and our link end the post: a title that looks like a marker is not one, and a post in which somebody
# recommends an offer, with the address that they were led to by ours, is theirs.
MARKER: Final = re.compile(r"sans compte\s*:\s*\S+/offres/([0-9a-z]+)\?e=(\1-[0-9a-f]+)\s*\Z")
SAID: Final = 300  # characters of a message of Graph's
EXCERPT: Final = 280  # characters of the description in a post
BUSY: Final = frozenset({4, 17, 32, 341, 613, 80001, 80002})  # limits: the call was not executed
TOKEN: Final = frozenset({102, 190})
DENIED: Final = frozenset({3, 10, 368, *range(200, 300)})  # 368: blocked for policy, a person must act
DOUBTFUL: Final = frozenset({1, 2, 506})  # unknown, service, duplicate: it may be there
NO_OBJECT: Final = 33  # subcode of 100: unknown object
WAIT: Final = 300.0  # seconds, when a limit does not say for how long


class Error(msgspec.Struct, frozen=True):
    """Graph's error object."""

    message: str = ""
    code: int = 0
    error_subcode: int = 0
    is_transient: bool = False
    fbtrace_id: str = ""

    def __str__(self) -> str:
        """What it says, for a person."""
        sub = f"/{self.error_subcode}" if self.error_subcode else ""
        said = visible(" ".join(self.message.split()))[:SAID]
        return f"Graph {self.code}{sub}: {said} (trace {visible(self.fbtrace_id)[:SAID]})"


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(autoescape=False, undefined=jinja2.StrictUndefined)  # noqa: S701 - a post is plain text
    return environment.from_string((files(__package__) / "post.txt").read_text("utf-8"))


def message(offer: Offer, link: str) -> str:
    """The post's text; its link carries the marker."""
    return _template().render(
        offer=offer,
        facts=facts(offer),
        excerpt=excerpt(plain_text(offer.description), EXCERPT),
        call="Voir l’offre et postuler, sans compte :"
        if offer.kind == "job"
        else "Voir la formation, sans compte :",
        link=link,
    )


def digest(text: str) -> str:
    """What tells one post's text from another's; white space at its ends, which Facebook drops, does not count."""
    return hashlib.sha256(text.strip().encode()).hexdigest()[:16]


def request(intent: Intent, page: str, link: str) -> dict[str, str]:
    """One item of a batch."""
    if intent.operation == "withdraw":
        return {"method": "DELETE", "relative_url": str(intent.remote_id)}
    assert intent.content is not None
    text = message(decode(intent.content), link)
    if intent.operation == "update":
        return {"method": "POST", "relative_url": str(intent.remote_id), "body": urlencode({"message": text})}
    body = urlencode({"message": text, "link": link})
    return {"method": "POST", "relative_url": f"{page}/feed", "body": body}


def form(requests: list[dict[str, str]]) -> dict[str, str]:
    """A batch call's form, without its credentials."""
    return {"batch": json.dumps(requests), "include_headers": "false"}


def proof(token: str, secret: str) -> str:
    """``appsecret_proof``: hex HMAC-SHA256 of the token under the app's secret."""
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()


def error_of(body: Any) -> Error | None:
    """The error in a decoded answer, if it is one."""
    if not isinstance(body, Mapping) or "error" not in body:
        return None
    try:
        return msgspec.convert(body["error"], Error, strict=False)
    except msgspec.ValidationError:
        return Error(str(body["error"])[:200])


def raise_for(error: Error, status: int, wait: float = 0.0) -> None:
    """Raise what an error of a whole call means, when it says that nothing was done.

    Raises:
        RetryLater: a limit was reached.
        Permanent: token or permission; nothing works until a person acts.

    """
    if error.code in BUSY:
        raise RetryLater(str(error), after=wait or WAIT, cause="limit")
    if error.code in TOKEN:
        raise Permanent(
            f"{error}. Renew BOOSTEZ_FACEBOOK_TOKEN with a Page token that has pages_manage_posts.",
            cause="token",
        )
    if error.code in DENIED:
        raise Permanent(
            f"{error}. Check the app's permissions and the Page's quality tab.", cause="permission"
        )
    if error.code == 100 and 400 <= status < 500:
        raise Permanent(
            f"{error}. Graph does not accept our call: check BOOSTEZ_FACEBOOK_PAGE_ID and the version."
        )


def receipt(intent: Intent, item: Any) -> Receipt:
    """What one item of a batch's answer says of its intent.

    Anything that does not clearly say done or not done is unknown: Graph answers 500 for posts that it did create.
    """
    if not isinstance(item, Mapping) or not isinstance(item.get("body"), str):
        return _doubtful(intent, "no answer for this item")
    try:
        body = json.loads(item["body"])
    except (ValueError, RecursionError):
        return _doubtful(intent, f"not JSON: {item['body'][:100]!r}")
    if (error := error_of(body)) and item.get("code", 500) not in range(500, 600):
        return _refused(intent, error)
    if item.get("code") != 200 or (isinstance(body, Mapping) and body.get("success") is False):
        return _doubtful(intent, f"HTTP {item.get('code')} proves nothing: {item['body'][:100]}")
    if intent.operation == "create":
        identity = body.get("id") if isinstance(body, Mapping) else None
        if isinstance(identity, str) and identity:
            return Receipt(intent.effect, "done", identity)
        return _doubtful(intent, "no id in the answer")
    if body is True or (isinstance(body, Mapping) and (body.get("success") is True or body.get("id"))):
        return Receipt(intent.effect, "done", intent.remote_id)
    return _doubtful(intent, f"neither success nor error: {item['body'][:100]!r}")


def _doubtful(intent: Intent, error: str) -> Receipt:
    return Receipt(intent.effect, "unknown", error=error, cause="answer")


def _refused(intent: Intent, error: Error) -> Receipt:
    if error.code == 100 and error.error_subcode == NO_OBJECT and intent.operation != "create":
        return Receipt(
            intent.effect, "done" if intent.operation == "withdraw" else "missing", error=str(error)
        )
    cause: Cause | None = "limit" if error.code in BUSY else "token" if error.code in TOKEN else None
    if error.code in DENIED:
        cause = "permission"
    if cause:  # the others pause the Page: whoever resumes it has mended them
        after = WAIT if cause == "limit" else 0.0
        return Receipt(intent.effect, "retry", after=after, error=str(error), cause=cause)
    if error.code in DOUBTFUL or error.code == 0 or error.is_transient:
        return _doubtful(intent, str(error))
    return Receipt(intent.effect, "rejected", error=str(error), cause="content")


def halt(answers: list[Any]) -> Permanent | None:
    """Why a person must act before the Page is called again, when an item says so."""
    for item in answers:
        try:
            error = error_of(json.loads(item["body"]))
        except (TypeError, KeyError, ValueError, RecursionError):
            continue
        if error and error.code in TOKEN | DENIED:
            return Permanent(str(error), cause="token" if error.code in TOKEN else "permission")
    return None


def usage(headers: Mapping[str, str]) -> Usage | None:
    """How much of its budget the Page says is used, and how long it asks to be left alone; None when it does not say.

    X-App-Usage and X-Page-Usage are percentages, throttled at 100. X-Business-Use-Case-Usage adds minutes to wait.
    """
    percents: list[float] = []
    minutes = 0.0
    for name in ("X-App-Usage", "X-Page-Usage"):
        percents += _numbers(_object(headers.get(name)))
    for entries in _object(headers.get("X-Business-Use-Case-Usage")).values():
        for entry in entries if isinstance(entries, list) else []:
            told = dict(entry) if isinstance(entry, Mapping) else {}
            regain = told.pop("estimated_time_to_regain_access", 0)
            minutes = max(minutes, regain if isinstance(regain, int | float) else 0.0)
            percents += _numbers(told)
    return Usage(max(percents, default=0.0), min(minutes * 60, LONGEST)) if percents or minutes else None


def _object(text: str | None) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(text or "{}")  # unlike json, knows no NaN and no infinity
    except (msgspec.DecodeError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _numbers(usage: Mapping[str, Any]) -> list[float]:
    return [float(min(max(v, 0), 1e9)) for v in usage.values() if isinstance(v, int | float)]
