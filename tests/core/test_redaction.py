"""A secret is taken out of a text however it is spelled, and nothing else is."""

from __future__ import annotations

import json
import string
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote, quote_plus, urlencode

from hypothesis import given
from hypothesis import strategies as st

from core.redaction import LEAST, MARK, redacted, redacted_bytes

secrets = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=LEAST, max_size=40)
others = st.text(string.ascii_letters + " ", max_size=20)


@given(secret=secrets, before=others, after=others)
def test_no_spelling_of_a_secret_is_left(secret: str, before: str, after: str) -> None:
    for written in (
        secret,
        quote(secret, safe=""),
        urlencode({"token": secret}, quote_via=quote).partition("=")[2],
        json.dumps(secret),
        json.dumps({"a": secret}),
        secret.encode().hex(),
        secret.encode().hex().upper(),
    ):
        told = redacted(f"{before} {written} {after}", [secret])
        assert MARK in told
        assert secret not in told
        assert quote(secret, safe="") not in told


@given(secret=secrets, user=others)
def test_a_secret_inside_base64_is_taken_out(secret: str, user: str) -> None:
    for encode in (b64encode, urlsafe_b64encode):
        told = redacted(f"Basic {encode(f'{user}:{secret}'.encode()).decode()}", [secret])
        assert MARK in told


@given(text=others, secret=st.text(string.digits, min_size=LEAST, max_size=20))
def test_a_text_without_the_secret_is_left_alone(text: str, secret: str) -> None:
    assert redacted(text, [secret]) == text
    assert redacted_bytes(text.encode(), secret) == text.encode()


@given(text=others, secret=st.text(string.ascii_letters, min_size=1, max_size=LEAST - 1))
def test_a_word_is_no_secret(text: str, secret: str) -> None:
    """Taking out what is that short would tell what it is."""
    assert redacted(f"{text}{secret}", [secret]) == f"{text}{secret}"


@given(secret=secrets, noise=st.binary(max_size=30))
def test_bytes_are_as_text(secret: str, noise: bytes) -> None:
    told = redacted_bytes(noise + b'{"token":"' + secret.encode() + b'"}', secret)
    assert secret.encode() not in told
    assert told.startswith(noise)


def test_a_secret_with_a_space_is_taken_out_of_a_form() -> None:
    secret = "mot de passe très long"
    assert redacted(f"a=1&b={quote_plus(secret)}", [secret]) == f"a=1&b={MARK}"
