"""A letter as it goes over the wire, pure.

Belongs here: the record of a letter and its MIME form. Does not: any letter's words (rendering.py, postings.py) or sending
(channel.py, relay.py).

Sources: RFC 5322 (message), RFC 8058 (unsubscribing with one click), RFC 6047 (calendar objects by mail), RFC 3834 (automatic
mail).
"""

from __future__ import annotations

import datetime as dt
import html
import re
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from typing import Final, Literal

import msgspec

from schemas.errors import Rejected

NAME_SHOWN: Final = "Boostez votre Région"
_ADDRESS: Final = re.compile(
    r"(?=[!-~]+\Z)[^@<>()\[\]\",;:\\]+@[^@<>()\[\]\",;:\\]+"
)  # ASCII: RFC 6531 is rarely spoken
_LINK: Final = re.compile(r"https?://\S+")


class Calendar(msgspec.Struct, frozen=True):
    """An iCalendar object with its METHOD: an invitation, a change of one, or its end."""

    content: bytes
    method: Literal["REQUEST", "CANCEL"]


class Attachment(msgspec.Struct, frozen=True):
    """A file that goes with a letter: ``media_type`` is type/subtype."""

    filename: str
    media_type: str
    content: bytes


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A letter to one person.

    ``html`` is made of ``text`` when there is none. ``unsubscribe`` is an https address that a POST alone opts its reader out
    of; it stands in the text as well. Letters with the same ``thread``, a word like ``session.12.contact.34``, are one
    conversation to its reader.
    """

    to: str
    subject: str
    text: str
    html: str | None = None
    unsubscribe: str | None = None
    calendar: Calendar | None = None
    thread: str | None = None
    attachments: tuple[Attachment, ...] = ()


class _Whole(UnstructuredHeader, BaseHeader):
    """A header of addresses or ids that stays as it is: Python would encode a long word, and no reader decodes it."""

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


_headers = HeaderRegistry()
for _name in ("list-unsubscribe", "message-id", "in-reply-to", "references"):
    _headers.map_to_type(_name, _Whole)
_POLICY: Final = SMTP.clone(header_factory=_headers)


def compose(sender: str, marker: str, letter: Letter, at: dt.datetime) -> bytes:
    """The message as it goes over the wire; its Message-ID is the marker at the sender's host.

    Raises:
        Rejected: its address is none.

    """
    if not _ADDRESS.fullmatch(letter.to):
        raise Rejected("its address is none that a relay can be given")
    host = sender.rpartition("@")[2]
    message = EmailMessage(policy=_POLICY)
    message["From"] = Address(NAME_SHOWN, addr_spec=sender)
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message["Date"] = at
    message["Message-ID"] = f"<{marker}@{host}>"
    message["Auto-Submitted"] = "auto-generated"
    if letter.thread:
        message["In-Reply-To"] = message["References"] = f"<{letter.thread}@{host}>"
    if letter.unsubscribe:
        message["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        if letter.unsubscribe.startswith(
            "https://"
        ):  # RFC 8058, 3.1: of no other address may a click be asked
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(letter.text, cte="quoted-printable")
    page = letter.html or as_html(letter.subject, letter.text)
    message.add_alternative(page, subtype="html", cte="quoted-printable")
    if letter.calendar:
        _invite(message, letter.calendar)
    for file in letter.attachments:
        _attach(message, file)
    message["Content-Language"] = "fr"  # last: what makes parts of a message takes such headers with it
    return message.as_bytes()


def _invite(message: EmailMessage, calendar: Calendar) -> None:
    """Twice: as another form of the text, which mail programs put buttons to, and as a file for all the others."""
    assert f"METHOD:{calendar.method}".encode() in calendar.content, (
        "RFC 6047, 2.4: both name the same method"
    )
    message.add_alternative(
        calendar.content.decode(), subtype="calendar", cte="base64", params={"method": calendar.method}
    )
    name = "invitation.ics" if calendar.method == "REQUEST" else "annulation.ics"
    _attach(message, Attachment(name, "application/ics", calendar.content))


def _attach(message: EmailMessage, file: Attachment) -> None:
    kind, _, subtype = file.media_type.partition("/")
    message.add_attachment(file.content, kind, subtype, filename=file.filename)


def as_html(subject: str, text: str) -> str:
    """The same text as a plain page: paragraphs, lines, and links that can be pressed."""
    paragraphs = "\n".join(
        f"<p>{'<br>'.join(map(_line, block.split(chr(10))))}</p>" for block in text.strip().split("\n\n")
    )
    return (
        f'<!doctype html>\n<html lang="fr">\n<head><meta charset="utf-8"><title>{html.escape(subject)}</title></head>\n'
        f"<body>\n{paragraphs}\n</body>\n</html>\n"
    )


def _line(line: str) -> str:
    if _LINK.fullmatch(line):
        return f'<a href="{html.escape(line)}">{html.escape(line)}</a>'
    return html.escape(line)
