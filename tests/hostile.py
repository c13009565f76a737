"""What a hostile source may write into an offer."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from connectors.registry import source
from core.verdicts import Accepted, judge
from schemas.offer import Offer
from tests.makers import contractor_job

SCRIPTS: Final = [
    "<script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "<svg/onload=alert(1)>",
    "{{ 7*7 }}{% for x in y %}${7*7}",
    '<a href="javascript:alert(1)">x</a>',
    "<a href='data:text/html;base64,PHNjcmlwdD4='>x</a>",
    '<a href="java&#9;script:alert(1)" onclick=alert(1)>x</a>',
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    "<form action=//evil.example><input name=q autofocus onfocus=alert(1)><button>ok</button></form>",
    "<meta http-equiv=refresh content='0;url=//evil.example'><base href=//evil.example>",
    "<style>*{background:url(//evil.example)}</style><link rel=stylesheet href=//evil.example>",
    "<!--><script>alert(1)</script>-->",
    "<b><i><p></b></i><table><td><b>",
    "]]><script>alert(1)</script><![CDATA[",
    "<url><![CDATA[https://a/?e=abc-1]]></url>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "https://portail.example/offres/abc?e=abc-1",
    "facture\u202egnp.exe",
    "Lyon\u2066\u2069\u200b\u200b\u200d\ufeff\u00ad",
    "&#x202e;&#x200b;&#31;&#0;",
    "a\x00b\x1b[31mc\x7f\x9b",
    "Z" + "\u0301" * 500 + "algo",
    "un\r\n\r\ndeux\u2028trois\u2029quatre",
    "\ufffe\U0001f600\U000e0041",
]  # fmt: skip
ADDRESSES: Final = [
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "https://evil.example/\u202egnp.html",
    "https://region.example@evil.example/",
    "https://evil.example/'onclick='alert(1)",
    'https://evil.example/"><script>alert(1)</script>',
    "HTTPS://EVIL.EXAMPLE/",
    "https://[::1]/",
    "https://evil.example:99999/",
    "https://evil\u200b.example/",
    "//evil.example",
    "",
]  # fmt: skip
EMAILS: Final = [
    "a@b.example?bcc=c%40d.example&body=x",
    "a%0Abcc:c@d.example",
    "'onclick=alert(1)'@evil.example",
    "a\u202e@b.example",
    "a@b.example",
    "",
]


def offer_of(**changes: Any) -> Offer | None:
    """The offer that becomes of a contractor's job, None when it is refused."""
    verdict = judge(source("contractor"), msgspec.json.encode(contractor_job(**changes)))
    return verdict.canonical.offer if isinstance(verdict, Accepted) else None
