from __future__ import annotations

import datetime as dt
import json
import time
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.bounces import SAID, Bounce, read, reported
from schemas.errors import Rejected
from tests.bounces import MARKER, RECIPIENT, RETURNED, complaint, report
from tests.makers import NOON


def only(raw: bytes) -> Bounce:
    (bounce,) = read(raw, NOON)
    return bounce


def test_a_report_of_non_delivery_says_which_letter_to_whom_and_why() -> None:
    assert only(report()) == Bounce(
        MARKER,
        RECIPIENT,
        "hard",
        "5.1.1",
        dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC),
        "550 5.1.1 <…>: Recipient address rejected: User unknown",
    )


@pytest.mark.parametrize(
    ("action", "status", "kind"),
    [
        ("failed", "5.1.1", "hard"),
        ("failed", "5.1.10", "hard"),
        ("failed", "5.2.1", "hard"),
        ("failed", "5.4.1", "hard"),
        ("failed", "5.5.0", "hard"),
        ("failed", "5.0.0", "hard"),
        ("Failed", "5.1.1 (bad mailbox)", "hard"),
        ("failed", "5.2.2", "soft"),
        ("failed", "5.2.3", "soft"),
        ("failed", "5.3.4", "soft"),
        ("failed", "5.6.1", "soft"),
        ("failed", "5.7.1", "soft"),
        ("failed", "5.7.509", "soft"),
        ("failed", "4.4.7", "soft"),
        ("delayed", "4.4.1", "soft"),
        ("delayed", "5.1.1", "soft"),
    ],
)
def test_an_address_is_given_up_for_what_is_its_own_fault_and_for_good(
    action: str, status: str, kind: str
) -> None:
    bounce = only(report(f"Action: {action}\nStatus: {status}"))
    assert (bounce.kind, bounce.status) == (kind, status.partition(" ")[0])


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded", "", "bounced"])
def test_what_was_delivered_is_no_bounce(action: str) -> None:
    assert read(report(f"Action: {action}\nStatus: 2.0.0"), NOON) == ()


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ("Action: failed\nDiagnostic-Code: smtp; 550 5.1.1 unknown", "5.1.1"),
        ("Action: failed\nDiagnostic-Code: smtp; 550-Requested action not taken", "5.0.0"),
        ("Action: failed\nDiagnostic-Code: smtp; 451 try again", "4.0.0"),
        ("Action: failed\nStatus: 9.9.9\nDiagnostic-Code: X-Postfix; host 10.5.1.1 said: 452 full", "4.0.0"),
        ("Action: failed", "5.0.0"),
    ],
)
def test_a_server_without_a_code_is_read_by_what_it_said(fields: str, status: str) -> None:
    assert only(report(fields)).status == status


@pytest.mark.parametrize("returned_as", ["message/rfc822", "text/rfc822-headers"])
def test_what_is_returned_names_the_letter_and_its_reader(returned_as: str) -> None:
    forwarded = "Final-Recipient: rfc822; somebody.else@free.example"
    bounce = only(report(returned_as=returned_as, recipient=forwarded))
    assert (bounce.marker, bounce.recipient) == (MARKER, RECIPIENT)


def test_a_report_that_returns_nothing_names_the_letter_by_its_envelope() -> None:
    about = f"Original-Envelope-Id: {MARKER}\nReporting-MTA: dns; mx.example"
    recipient = (
        "Original-Recipient: rfc822;contact+2Bb@fournil.example\nFinal-Recipient: rfc822; c@free.example"
    )
    bounce = only(report(about=about, recipient=recipient, returned="", returned_as="text/plain"))
    assert (bounce.marker, bounce.recipient) == (MARKER, "contact+b@fournil.example")
    assert bounce.at == dt.datetime(2026, 11, 24, 9, 1, tzinfo=dt.UTC), "the mail's own date"


def test_a_report_of_several_recipients_tells_each() -> None:
    fields = f"Action: failed\nStatus: 5.1.1\n\nFinal-Recipient: rfc822; {RECIPIENT}\nAction: delayed\nStatus: 4.2.2"
    assert [(each.kind, each.status) for each in read(report(fields), NOON)] == [
        ("hard", "5.1.1"),
        ("soft", "4.2.2"),
    ]


@pytest.mark.parametrize(
    ("date", "at"),
    [
        ("Mon, 23 Nov 2026 08:00:00 -0500", dt.datetime(2026, 11, 23, 13, tzinfo=dt.UTC)),
        ("Mon, 23 Nov 2026 08:00:00 -0000", dt.datetime(2026, 11, 23, 8, tzinfo=dt.UTC)),
        ("Wed, 01 Jan 2127 00:00:00 +0000", NOON),
        ("Sat, 01 Jan 2026 00:00:00 +9900", dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)),
        ("yesterday", dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)),
        ("", dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)),
    ],
)
def test_it_happened_when_it_is_said_and_never_after_it_came(date: str, at: dt.datetime) -> None:
    assert only(report(f"Action: failed\nStatus: 5.1.1\nLast-Attempt-Date: {date}")).at == at


@pytest.mark.parametrize(
    "returned",
    [
        "Message-ID: <x@y.example>\n",
        f"Message-ID: {MARKER}\n",
        "Message-ID: <SESSION.12-2F@portail.example>\n",
        "Message-ID: <'; DROP TABLE effect-1@portail.example>\n",
        f"Subject: Message-ID: <{MARKER}@portail.example>\n",
        "",
    ],
)
def test_a_report_about_no_letter_of_ours_tells_nothing(returned: str) -> None:
    assert read(report(returned=returned), NOON) == ()


def test_what_a_server_said_is_short_one_line_and_holds_no_address() -> None:
    said = f"smtp; 550 5.1.1 \x1b[31m<{RECIPIENT}> {'no ' * 500}\n\tor {RECIPIENT}"
    why = only(report(f"Action: failed\nStatus: 5.1.1\nDiagnostic-Code: {said}")).why
    assert len(why) == SAID
    assert "\x1b" not in why
    assert "fournil" not in why


# Complaints and other mail


@pytest.mark.parametrize("kind", ["abuse", "Abuse", "opt-out"])
def test_a_complaint_names_its_letter(kind: str) -> None:
    bounce = only(complaint(kind))
    assert (bounce.marker, bounce.recipient, bounce.kind) == (MARKER, RECIPIENT, "complaint")
    assert bounce.at == dt.datetime(2026, 11, 24, 9, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure", ""])
def test_other_feedback_is_no_complaint(kind: str) -> None:
    assert read(complaint(kind), NOON) == ()


def test_an_answer_by_a_machine_or_a_person_is_no_bounce() -> None:
    answer = EmailMessage()
    answer["Subject"] = "Absence : Votre séance"
    answer["In-Reply-To"] = f"<{MARKER}@portail.example>"
    answer["Auto-Submitted"] = "auto-replied"
    answer.set_content(f"Action: failed\nStatus: 5.1.1\n\n{RETURNED}")
    assert read(answer.as_bytes(), NOON) == ()


# Hostile mail


@given(st.binary(max_size=3000))
def test_any_bytes_are_a_mail_that_tells_nothing(raw: bytes) -> None:
    assert read(raw, NOON) == ()


@given(st.data())
def test_a_report_that_was_tampered_with_never_breaks_its_reader(data: st.DataObject) -> None:
    raw = bytearray(
        data.draw(st.sampled_from([report(), complaint(), report(returned_as="text/rfc822-headers")]))
    )
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 40))] = data.draw(
            st.binary(max_size=40)
            | st.sampled_from([b"\r\n", b"\n\n", b"--8B5F1.1764/relay\n", b"=?utf-8?b?", b"\xff\x00"])
        )
    for bounce in read(bytes(raw), NOON):
        assert bounce.kind in {"hard", "soft", "complaint"}
        assert bounce.at <= NOON
        assert len(bounce.why) <= SAID


NESTED = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(5000))
LONG = {
    "parts in parts": NESTED,
    "messages in messages": b"Content-Type: message/rfc822\n\n" * 5000,
    "recipients without end": report("Action: failed\nStatus: 5.1.1\n\nAction: failed\n" * 20_000),
    "a field without end": report(f"Action: failed\nDiagnostic-Code: smtp; {'a@b ' * 200_000}"),
    "an address without end": report(returned=f"To: {'(' * 500_000}\nMessage-ID: <{MARKER}@p.example>\n"),
    "heads without end": b"a: b\n" * 1_000_000,
    "a boundary in every line": b'Content-Type: multipart/report; boundary="a"\n\n' + b"--a\n\n" * 200_000,
    "dates": report(f"Action: failed\nLast-Attempt-Date: {'1 ' * 400_000}"),
}


@pytest.mark.parametrize("raw", LONG.values(), ids=LONG.keys())
def test_a_mail_made_to_take_long_does_not(raw: bytes) -> None:
    begun = time.process_time()
    assert len(read(raw, NOON)) <= 20
    assert time.process_time() - begun < 5


# Web hooks

TOLD: dict[str, Any] = {
    "message_id": f"<{MARKER}@portail.example>",
    "recipient": RECIPIENT,
    "kind": "hard",
    "status": "5.1.1",
    "at": "2026-11-24T10:00:00+01:00",
    "why": f"550 no such user {RECIPIENT}",
}


def test_a_web_hook_tells_the_same() -> None:
    assert reported(json.dumps(TOLD).encode()) == Bounce(
        MARKER, RECIPIENT, "hard", "5.1.1", dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC), "550 no such user …"
    )


def test_a_web_hook_need_not_say_why() -> None:
    told = {key: TOLD[key] for key in ("recipient", "at")} | {
        "message_id": f"{MARKER}@p.example",
        "kind": "complaint",
    }
    bounce = reported(json.dumps(told).encode())
    assert (bounce.marker, bounce.kind, bounce.status, bounce.why) == (MARKER, "complaint", "", "")


@pytest.mark.parametrize(
    "changes",
    [
        {"message_id": "x@y.example"},
        {"message_id": f"<{MARKER}"},
        {"message_id": f"{'a' * 300}-1@y.example"},
        {"recipient": "nobody"},
        {"kind": "angry"},
        {"status": "5.1"},
        {"at": "2026-11-24"},
        {"at": "2026-02-30T10:00:00Z"},
        {"more": 1},
    ],
    ids=str,
)
def test_what_has_another_shape_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Rejected, match="/" + next(iter(changes)) if "more" not in changes else "more"):
        reported(json.dumps({**TOLD, **changes}).encode())


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(raw: bytes) -> None:
    with pytest.raises(Rejected):
        reported(raw)
