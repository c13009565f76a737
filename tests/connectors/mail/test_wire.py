"""A letter as it goes over the wire, read back by a parser that is not ours."""

from __future__ import annotations

import email
import re
from email import policy
from email.message import EmailMessage
from typing import Any

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mail.wire import Attachment, Calendar, Letter, as_html, compose
from schemas.errors import Rejected
from tests.makers import NOON

SENDER, MARKER = "ne-pas-repondre@portail.example", "session.12.34-2f"
STOP = f"https://portail.example/preferences/{'aB3-_' * 30}.{'x' * 40}"
EVENT = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Boostez//FR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n"
    "UID:session.12@portail.example\r\nDTSTAMP:20261124T120000Z\r\nDTSTART:20261201T080000Z\r\nSEQUENCE:2\r\n"
    "SUMMARY:Être vu sur Facebook\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def letter(**changes: Any) -> Letter:
    told: dict[str, Any] = {"to": "contact@fournil.example", "subject": "Votre séance", "text": "Bonjour,\n"}
    return Letter(**{**told, **changes})


def read(told: Letter) -> EmailMessage:
    wire = compose(SENDER, MARKER, told, NOON)
    assert all(len(line) <= 998 for line in wire.split(b"\r\n")), "RFC 5322, 2.1.1"
    assert b"\n" not in wire.replace(b"\r\n", b"")
    message: Any = email.message_from_bytes(wire, policy=policy.default)
    assert not message.defects
    return message  # type: ignore[no-any-return]


def shape(part: Any) -> Any:
    """The tree of media types."""
    if part.is_multipart():
        return (part.get_content_subtype(), *map(shape, part.iter_parts()))
    return part.get_content_type()


def test_a_plain_letter_has_two_forms_and_every_header_that_mail_programs_look_at() -> None:
    message = read(letter())
    assert shape(message) == ("alternative", "text/plain", "text/html")
    assert message["Message-ID"] == "<session.12.34-2f@portail.example>"
    assert message["Date"].datetime == NOON
    assert (message["Auto-Submitted"], message["Content-Language"]) == ("auto-generated", "fr")
    assert not {"List-Unsubscribe", "In-Reply-To", "References"} & set(message.keys())


def test_a_long_message_id_stays_as_it_is() -> None:
    """Python encoded one of more than 78 characters: whoever looked for the marker, a bounce say, did not find it."""
    marker = f"digest.contractor.{'3' * 16}.2026-W49.12-2f"
    wire = compose("ne-pas-repondre@portail.auvergne-rhone-alpes.example", marker, letter(), NOON)
    assert f"\r\nMessage-ID: <{marker}@portail.auvergne-rhone-alpes.example>\r\n".encode() in wire


def test_a_page_of_its_own_goes_before_the_one_made_of_the_text() -> None:
    page = read(letter(html="<p>Bonjour</p>\n")).get_body(("html",))
    assert page is not None
    assert page.get_content().strip() == "<p>Bonjour</p>"


def test_one_click_opts_out_and_its_address_is_whole() -> None:
    """Python encoded an address of more than a line as words, which no mail program decodes there."""
    told = letter(unsubscribe=STOP)
    assert f"List-Unsubscribe: <{STOP}>\r\n".encode() in compose(SENDER, MARKER, told, NOON)
    message = read(told)
    assert message["List-Unsubscribe"] == f"<{STOP}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_no_click_is_asked_for_in_the_clear() -> None:
    message = read(letter(unsubscribe="http://127.0.0.1:4480/preferences/x"))
    assert message["List-Unsubscribe"] == "<http://127.0.0.1:4480/preferences/x>"
    assert message["List-Unsubscribe-Post"] is None


def test_letters_of_one_session_are_one_conversation() -> None:
    message = read(letter(thread="session.12.contact.34"))
    assert message["In-Reply-To"] == message["References"] == "<session.12.contact.34@portail.example>"


@pytest.mark.parametrize(("method", "name"), [("REQUEST", "invitation.ics"), ("CANCEL", "annulation.ics")])
def test_an_invitation_is_a_form_of_the_letter_and_a_file(method: Any, name: str) -> None:
    content = EVENT.replace("REQUEST", method).encode()
    message = read(letter(calendar=Calendar(content, method)))
    assert shape(message) == (
        "mixed",
        ("alternative", "text/plain", "text/html", "text/calendar"),
        "application/ics",
    )
    alternatives, file = message.iter_parts()
    invitation: Any = list(alternatives.iter_parts())[-1]
    assert invitation["Content-Type"].params == {"method": method, "charset": "utf-8"}
    assert invitation.get_payload(decode=True) == content
    assert (file.get_filename(), file.get_payload(decode=True)) == (name, content)
    (event,) = icalendar.Calendar.from_ical(invitation.get_payload(decode=True)).walk("VEVENT")
    assert event["SUMMARY"] == "Être vu sur Facebook"


def test_an_invitation_that_says_another_method_than_its_letter_is_a_fault_of_ours() -> None:
    with pytest.raises(AssertionError, match="6047"):
        compose(SENDER, MARKER, letter(calendar=Calendar(EVENT.encode(), "CANCEL")), NOON)


def test_files_go_with_it_under_their_names() -> None:
    files = (
        Attachment("attestation de présence.pdf", "application/pdf", b"%PDF-1.7\x00"),
        Attachment("b.txt", "text/plain", b"b"),
    )
    message = read(letter(attachments=files, calendar=Calendar(EVENT.encode(), "REQUEST")))
    _, _, pdf, text = message.iter_parts()
    for part, file in ((pdf, files[0]), (text, files[1])):
        got: Any = part
        assert (got.get_filename(), got.get_content_type(), got.get_payload(decode=True)) == (
            file.filename,
            file.media_type,
            file.content,
        )
        assert got.get_content_disposition() == "attachment"


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=400),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=2000),
)
def test_any_words_are_read_as_they_were_written(subject: str, text: str) -> None:
    message = read(letter(subject=subject, text=text))
    plain = message.get_body(("plain",))
    assert plain is not None
    lines = re.split("\r\n|\r|\n", text.removesuffix("\n"))
    assert re.split("\r\n|\r|\n", plain.get_content())[: len(lines)] == lines
    assert [name for name in message.keys() if name.startswith("X-")] == []  # noqa: SIM118


@pytest.mark.parametrize("field", ["subject", "thread", "unsubscribe"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_no_value_writes_a_header_of_its_own(field: str, end: str) -> None:
    with pytest.raises(ValueError, match="linefeed or carriage return"):
        compose(SENDER, MARKER, letter(**{field: f"https://a.example{end}Bcc: x@y.example"}), NOON)


@pytest.mark.parametrize(
    "to", ["", "a", "@", "a@", "a b@c.example", "é@c.example", "a@b@c", "<a@b.example>", "a@b.example\n"]
)
def test_an_address_that_is_none_is_refused(to: str) -> None:
    with pytest.raises(Rejected):
        compose(SENDER, MARKER, letter(to=to), NOON)


def test_a_page_is_its_text_with_links_that_can_be_pressed() -> None:
    page = as_html("a < b", "Un <b>\nDeux\n\nhttps://a.example/?a=1&b=2\n")
    assert "<title>a &lt; b</title>" in page
    assert "<p>Un &lt;b&gt;<br>Deux</p>" in page
    assert '<a href="https://a.example/?a=1&amp;b=2">https://a.example/?a=1&amp;b=2</a>' in page
