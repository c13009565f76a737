"""Letters to firms that post an offer.

Belongs here: the letter made of an effect about a posting. Does not: a posting's rows (region/offers/postings.py, handed in by the
registry) or the words themselves (letters/).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from connectors import clock
from connectors.mail.rendering import words
from connectors.mail.wire import Letter
from connectors.seals import Opener, Seals
from connectors.settings import Settings
from connectors.writing import Moot
from schemas.letters import PostingAddressee, PostingKind, PostingLetter

ABOUT: Final = "posting"
Addressed = Callable[[PostingLetter], PostingAddressee | None]
_decoder = msgspec.json.Decoder(PostingLetter)


class PostingLetters:
    """The writer of what is about a posting; ``addressed`` finds who a message goes to, None when nobody any more."""

    def __init__(self, settings: Settings, addressed: Addressed) -> None:
        """Raises Misconfigured: as Seals does."""
        self._seals, self._public_url = Seals(settings), settings.public_url
        self._addressed = addressed

    def __call__(self, content: bytes) -> Letter | Moot:
        """The letter."""
        message = _decoder.decode(content)
        to = self._addressed(message)
        if to is None:
            return Moot("its posting is gone, no longer has a contact, or has another text by now")
        purpose: Opener = "confirm" if message.kind == "confirm" else "manage"
        link = self._seals.link(purpose, to.ref, clock.now())
        return letter(message.kind, to, link=link, public_url=self._public_url)


def letter(kind: PostingKind, to: PostingAddressee, *, link: str, public_url: str) -> Letter:
    """The letter, pure. ``link`` confirms or manages the posting, as the letter asks for."""
    told = words(
        f"posting_{kind}",
        {"to": to, "link": link, "offer": f"{public_url}/offres/{to.key}", "portal": public_url},
    )
    return Letter(to=to.address, subject=told.subject, text=told.text, html=told.html)
