"""Reports of non-delivery as mail servers write them, and complaints."""

from __future__ import annotations

MARKER, RECIPIENT = "session.12.34-2f", "contact@fournil.example"
RETURNED = f"""From: =?utf-8?q?Boostez?= <ne-pas-repondre@portail.example>
To: {RECIPIENT}
Subject: Votre =?utf-8?q?s=C3=A9ance?=
Message-ID: <{MARKER}@portail.example>
"""


def report(
    fields: str = "Action: failed\nStatus: 5.1.1\n"
    "Diagnostic-Code: smtp; 550 5.1.1 <contact@fournil.example>: Recipient address\n rejected: User unknown",
    *,
    about: str = "Reporting-MTA: dns; relay.portail.example\nArrival-Date: Tue, 24 Nov 2026 10:00:00 +0100 (CET)",
    recipient: str = f"Final-Recipient: rfc822; {RECIPIENT}",
    returned: str = RETURNED,
    returned_as: str = "message/rfc822",
) -> bytes:
    """A report as Postfix writes it (RFC 3464); ``fields`` are those of its recipient."""
    text = f"""From: MAILER-DAEMON@relay.portail.example (Mail Delivery System)
To: ne-pas-repondre@portail.example
Subject: Undelivered Mail Returned to Sender
Date: Tue, 24 Nov 2026 10:01:00 +0100 (CET)
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="8B5F1.1764/relay"

This is a MIME-encapsulated message.

--8B5F1.1764/relay
Content-Description: Notification
Content-Type: text/plain; charset=utf-8

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients.

--8B5F1.1764/relay
Content-Description: Delivery report
Content-Type: message/delivery-status

{about}

{recipient}
{fields}

--8B5F1.1764/relay
Content-Description: Undelivered Message
Content-Type: {returned_as}

{returned}
Bonjour,

--8B5F1.1764/relay--
"""
    return text.encode()


def complaint(kind: str = "abuse", returned: str = RETURNED) -> bytes:
    """Feedback about a letter that its reader called unwanted (RFC 5965)."""
    return f"""From: fbl@mail.example
To: ne-pas-repondre@portail.example
Subject: complaint
Date: Tue, 24 Nov 2026 10:01:00 +0000
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

This is an email abuse report.
--b
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeGenerator/1.0
Version: 1
Arrival-Date: Tue, 24 Nov 2026 09:30:00 +0000

--b
Content-Type: message/rfc822

{returned}
Bonjour
--b--
""".encode()
