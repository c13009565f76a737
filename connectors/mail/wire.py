"""Our record of a mail to what its reader sees, pure.

Belongs here: the letters' templates, the message and its marker. Does not: sending (channel.py), or who reads it
(region/postings.py).
"""

from __future__ import annotations

import html
import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from pathlib import Path
from typing import Final, Literal

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined

Kind = Literal["confirm", "approved", "refused"]
NAME_SHOWN: Final = "Boostez votre Région"
_LINK: Final = re.compile(r"https?://\S+")


class Message(msgspec.Struct, frozen=True):
    """What an effect says: which letter about which posting. It holds no address, no name and no link."""

    kind: Kind
    posting: int
    revision: int


class Addressee(msgspec.Struct, frozen=True):
    """Who a letter goes to and what it tells, read when it is sent. ``key`` is the offer's public one."""

    address: str
    ref: str
    key: str
    title: str
    reason: str | None


_decoder = msgspec.json.Decoder(Message)


def read(content: bytes) -> Message:
    """The message of an effect."""
    return _decoder.decode(content)


def letter(kind: Kind, to: Addressee, *, link: str, public_url: str) -> tuple[str, str]:
    """Subject and text. ``link`` confirms or manages the posting, as the letter asks for."""
    told = (
        _letters()
        .get_template(f"{kind}.txt")
        .render(to=to, link=link, offer=f"{public_url}/offres/{to.key}", portal=public_url)
    )
    subject, _, text = told.partition("\n")
    return subject.strip(), text.strip() + "\n"


def compose(sender: str, to: Addressee, marker: str, subject: str, text: str) -> bytes:
    """The message as it goes over the wire; its Message-ID is the marker at the sender's host."""
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(NAME_SHOWN, addr_spec=sender)
    message["To"] = to.address
    message["Subject"] = subject
    message["Message-ID"] = f"<{marker}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = "fr"
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(as_html(subject, text), subtype="html", cte="quoted-printable")
    return message.as_bytes()


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


@cache
def _letters() -> Environment:
    return Environment(  # the text is plain; as_html escapes it
        loader=FileSystemLoader(Path(__file__).parent / "letters"),
        autoescape=False,  # noqa: S701
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
