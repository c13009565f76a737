"""Where a person can be written to: an e-mail address and a telephone number, as people type them.

Belongs here: what counts as one, and its one spelling. Does not: whether anything may be sent there (consents), or what is
told of a wrong one (templates/, core/sheet_sentences.py).

E-mail addresses are those of RFC 5321 that relays really carry: a dot-atom, and a host name whose last label is no number;
no quotes, no comments, no addresses in brackets. The host is written in lower case, what stands before it stays.

Telephone numbers are written as E.164 (+33612345678). A French one is judged by the numbering plan's form alone (ARCEP's:
nine digits after 0 or +33), so that a range opened tomorrow is no mistake, nor the numbers that the plan
keeps for fiction (06 39 98...); any other by libphonenumber's tables. Overseas numbers need their own code: +33 leads nowhere.
"""

from __future__ import annotations

import re
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from core.html import printable

LONGEST_EMAIL: Final = 254  # RFC 5321 leaves so many to what stands between < and >
LONGEST_PHONE: Final = 40  # characters as typed
FRANCE: Final = 33
TEXTED: Final = frozenset({FRANCE, 262, 590, 594, 596, 41, 39})
"""Country codes that text messages go to: France with its overseas departments, and who crosses the border to work.

A number costs up to fifty times as much elsewhere, which is what makes forms that send messages worth attacking.
"""
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL: Final = re.compile(rf"(?=.{{1,64}}@){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+(?![0-9]+$){_LABEL}")
_PHONE: Final = re.compile(r"\(?(?:\+|00)?[0-9(][0-9\s().\-\u2010-\u2015/]*")
_FRENCH: Final = re.compile(
    r"(?!59[046]|69[0123467]|26[239])[1-9][0-9]{8}"
)  # overseas ranges have codes of their own
_MOBILE: Final = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})


def email(text: str) -> str | None:
    """The address that is typed; None when mail could not reach it."""
    address = printable(text).strip()
    if len(address) > LONGEST_EMAIL or not _EMAIL.fullmatch(address):
        return None
    local, _, host = address.rpartition("@")
    return f"{local}@{host.lower()}"


def email_key(address: str) -> str:
    """What two spellings of one address share: relays tell no capitals apart."""
    return address.casefold()


def phone(text: str) -> str | None:
    """The number that is typed, as E.164; without a country code it is French. None when nobody could be called there."""
    typed = " ".join(printable(text).split())  # no-break spaces are spaces
    if len(typed) > LONGEST_PHONE or not _PHONE.fullmatch(typed):
        return None
    number = _parsed(typed)
    if number is None or number.extension:
        return None
    if number.country_code == FRANCE:
        reachable = not number.italian_leading_zero and bool(_FRENCH.fullmatch(str(number.national_number)))
    else:
        reachable = phonenumbers.is_valid_number(number)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164) if reachable else None


def textable(number: str) -> bool:
    """Whether a text message may go to an E.164 number: a mobile one, where ``TEXTED`` says."""
    parsed = _parsed(number)
    if parsed is None or parsed.country_code not in TEXTED:
        return False
    if parsed.country_code == FRANCE:
        return str(parsed.national_number)[0] in "67"
    return phonenumbers.number_type(parsed) in _MOBILE


def _parsed(typed: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(typed, "FR")
    except NumberParseException:
        return None
