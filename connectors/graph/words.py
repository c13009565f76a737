"""Graph API's words, pure: the same whatever hangs on the Page.

Belongs here: a batch as a form, errors, an item's answer as a receipt, usage headers. Does not: calling (client.py), or what
a post or a live video says (the channels' wire.py).

Sources: developers.facebook.com, Graph API, "Batch Requests" (50 items, answers in order, null = not executed), "Error
Handling" (codes), "Rate Limiting" (usage headers); v26.0.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from core.budgets import LONGEST, Usage
from core.effects import Intent, Receipt
from core.redaction import MARK
from schemas.documents import visible
from schemas.errors import Cause, Permanent, Rejected, RetryLater, Unknown

Item = dict[str, str]  # one request of a batch
SAID: Final = 300  # characters of a message of Graph's
BUSY: Final = frozenset({4, 17, 32, 341, 613, 80001, 80002})  # limits: the call was not executed
TOKEN: Final = frozenset({102, 190})
DENIED: Final = frozenset({3, 10, 368, *range(200, 300)})  # 368: blocked for policy, a person must act
DOUBTFUL: Final = frozenset({1, 2, 506})  # unknown, service, duplicate: it may be there
NO_OBJECT: Final = 33  # subcode of 100: unknown object
WAIT: Final = 300.0  # seconds, when a limit does not say for how long
NOT_ELIGIBLE: Final = frozenset({1363120, 1363144})  # subcodes of 200: the Page may not broadcast
# Where a live video is sent to, key included, however often JSON is within JSON: up to a quote, a white space, or the backslashes
# that stand for one.
STREAM: Final = re.compile(rb'rtmps?:(?:[^"\\\s]|\\+(?!["nrtfb\s\\]|\Z))+')


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


def marker(path: str, sentence: str = "sans compte") -> re.Pattern[str]:
    """What finds our marker, in group 2, at the end of a text: behind our sentence, in a link to a page under ``path``.

    So a title that looks like a marker is none, and a text in which somebody recommends something of ours, with the address that
    they were led to by us, is theirs. Each kind of object has a path or a sentence of its own.
    """
    return re.compile(rf"{sentence}\s*:\s*\S+/{path}/([0-9a-z]+)\?e=(\1-[0-9a-f]+)\s*\Z")


def digest(*texts: str) -> str:
    """What tells an object's texts from another's; white space at their ends, which Facebook drops, does not count.

    Nor does what a person wrote that looks like a stream's address: when it is read back, it is taken out.
    """
    told = (STREAM.sub(MARK.encode(), text.encode()).decode().strip() for text in texts)
    return hashlib.sha256("\0".join(told).encode()).hexdigest()[:16]


def call(method: str, path: str, **body: str) -> Item:
    """One request of a batch: GET's words are in its address, the others' in their body."""
    words = urlencode(body)
    if not words:
        return {"method": method, "relative_url": path}
    if method == "GET":
        return {"method": method, "relative_url": f"{path}?{words}"}
    return {"method": method, "relative_url": path, "body": words}


def form(requests: list[Item]) -> dict[str, str]:
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
        raise Permanent(_denied(error), cause="permission")
    if error.code == 100 and 400 <= status < 500:
        raise Permanent(
            f"{error}. Graph does not accept our call: check BOOSTEZ_FACEBOOK_PAGE_ID and the version."
        )


def said(item: Any) -> Any:
    """What one item of a batch's answer says: its body, or an ``Error`` that says not done.

    Raises:
        Unknown: anything else, since Graph answers 500 for posts that it did create.

    """
    if not isinstance(item, Mapping) or not isinstance(item.get("body"), str):
        raise Unknown("no answer for this item")
    try:
        body = json.loads(item["body"])
    except (ValueError, RecursionError):
        raise Unknown(f"not JSON: {item['body'][:100]!r}") from None
    if (error := error_of(body)) and item.get("code", 500) not in range(500, 600):
        return error
    if item.get("code") != 200 or (isinstance(body, Mapping) and body.get("success") is False):
        raise Unknown(f"HTTP {item.get('code')} proves nothing: {item['body'][:100]}")
    return body


def done(item: Any) -> Any:
    """The body of an item's answer to a write that is no effect of the ledger's.

    Raises:
        RetryLater, Permanent, Rejected: not done.
        Unknown: it may be done.

    """
    body = said(item)
    if not isinstance(body, Error):
        return body
    raise_for(body, 0)
    raise Unknown(str(body)) if _proves_nothing(body) else Rejected(str(body))


def receipt(intent: Intent, item: Any) -> Receipt:
    """What one item of a batch's answer says of its intent; what does not clearly say done or not done is unknown."""
    try:
        body = said(item)
    except Unknown as error:
        return _doubtful(intent, str(error))
    if isinstance(body, Error):
        return _refused(intent, body)
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
    if _proves_nothing(error):
        return _doubtful(intent, str(error))
    return Receipt(intent.effect, "rejected", error=str(error), cause="content")


def _proves_nothing(error: Error) -> bool:
    return error.code in DOUBTFUL or error.code == 0 or error.is_transient


def halt(answers: list[Any]) -> Permanent | None:
    """Why a person must act before the Page is called again, when an item says so."""
    for item in answers:
        try:
            error = error_of(json.loads(item["body"]))
        except (TypeError, KeyError, ValueError, RecursionError):
            continue
        if error and error.code in TOKEN:
            return Permanent(str(error), cause="token")
        if error and error.code in DENIED:
            return Permanent(_denied(error), cause="permission")
    return None


def _denied(error: Error) -> str:
    """What Graph does not permit, and what to do about it."""
    if error.error_subcode in NOT_ELIGIBLE:
        return (
            f"{error}. The Page may not broadcast: Facebook wants an account of 60 days and 100 followers. Hold the dialogue "
            "in writing, or stream it elsewhere and say so; resume the channel once the Page is eligible."
        )
    return f"{error}. Check the app's permissions and the Page's quality tab."


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
