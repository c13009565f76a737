"""Writing: what an effect becomes when its turn comes, a letter or a text, or why none is sent.

Belongs here: the two answers that are no message, the writer that fits what an effect is about, what a writer's own trouble means,
and how what somebody wrote may stand in a message. Does not: any message (connectors/mail, connectors/sms) or whom it reaches (connectors/region).

A once-only effect says only what it is about (``about`` in its content, a tag); whom it reaches and what it tells is read when
it is sent. So the ledger holds no address, and what is no longer true is never said.
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Literal, TypeVar

import msgspec

from connectors.settings import ROOT
from core.effects import Intent, Receipt
from core.html import printable
from core.wording import excerpt
from schemas.errors import BoostezError, Rejected

_BLANK: Final = re.compile(r"[^\S\u00a0\u202f]+")  # white space, but the two that French sets by hand
TAG: Final = "about"  # the member of an effect's content that names its writer


class NotNow(msgspec.Struct, frozen=True):
    """It is to be sent, but not within the next ``after`` seconds: a quiet hour, say."""

    after: float
    why: str


class Moot(msgspec.Struct, frozen=True):
    """It is not to be sent any more, or to nobody: no failure, and nothing that a replay would mend.

    ``moot``: what it would tell is over, or its reader is gone. ``consent``: its reader has not agreed to its purpose.
    """

    why: str
    cause: Literal["moot", "consent"] = "moot"


T = TypeVar("T")
Writer = Callable[[bytes], T | NotNow | Moot]
"""Makes a message of an effect's content.

Raises Rejected: the content is none of its; RetryLater: it cannot be told now.
"""


class _Content(msgspec.Struct, frozen=True):
    about: str


_decoder = msgspec.json.Decoder(_Content)


def by_tag(writers: Mapping[str, Writer[T]]) -> Writer[T]:
    """The writer that leaves each content to the one it is about."""

    def write(content: bytes) -> T | NotNow | Moot:
        about = _decoder.decode(content).about
        if about not in writers:
            raise Rejected(
                f"nothing here writes about {about!r}: a newer worker planned it, which a replay leaves it to"
            )
        return writers[about](content)

    return write


def written(intent: Intent, writer: Writer[T]) -> T | Receipt:
    """The message of an intent, or the receipt that says why none is sent.

    Whatever goes wrong here, nothing was handed over: a letter that cannot be written is refused, and leaves the others alone.

    Raises:
        RetryLater, Permanent: as the writer does.

    """
    assert intent.content is not None
    try:
        told = writer(intent.content)
    except Rejected as error:
        return refused(intent, str(error))
    except BoostezError:
        raise
    except Exception as error:  # noqa: BLE001 - else one template's fault would leave a whole claim unknown
        where = _where(error)
        logging.getLogger(__name__).error("effect %d could not be written: %s", intent.effect, where)  # noqa: TRY400 - a traceback's values are personal
        return refused(intent, f"it could not be written: {where}")
    match told:
        case NotNow(after, why):
            return Receipt(intent.effect, "retry", after=after, error=why)
        case Moot(why, cause):
            return Receipt(intent.effect, "rejected", error=why, cause=cause)
        case _:
            return told


def line(words: str, longest: int = 200) -> str:
    """What somebody wrote as it may stand in a message: one line, nothing that cannot be seen, not too long.

    So it can be no header, and no paragraph of its own.
    """
    told = _BLANK.sub(" ", printable(words)).strip()
    return told if len(told) <= longest else excerpt(told, longest)


def refused(intent: Intent, error: str) -> Receipt:
    """The receipt of a message that will never be taken as it is."""
    return Receipt(intent.effect, "rejected", error=error, cause="content")


def _where(error: Exception) -> str:
    """What went wrong and where, without what it went wrong with: an address may be in that."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    file = Path(frame.filename)
    name = file.relative_to(ROOT) if file.is_relative_to(ROOT) else file.name
    return f"{type(error).__name__} in {name}, line {frame.lineno}"
