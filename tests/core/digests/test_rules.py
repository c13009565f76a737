"""Who has a digest: readers, and what is wrong with rules."""

from __future__ import annotations

import datetime as dt

from core.digests.rules import Rule, faults, reader
from core.digests.weeks import Slot

SEVEN = Slot(0, dt.time(7))


def test_a_reader_is_the_same_however_the_address_is_written_and_is_no_address() -> None:
    one, same, other = (
        reader("A", "A.B@region.example"),
        reader("B", "a.b@Region.example "),
        reader("A", "c@d.example"),
    )
    assert one.key == same.key != other.key
    assert "@" not in one.key
    assert len(one.key) == 16


def test_what_is_wrong_is_told() -> None:
    assert list(faults({"press": Rule(SEVEN, (reader("A", "a@b.fr"),))})) == []
    (twice,) = faults({"press": Rule(SEVEN, (reader("A", "a@b.fr"), reader("B", "A@B.fr")))})
    assert twice == "press: 'A' has an address that is there 2 times."
    (night,) = faults({"officials": Rule(Slot(0, dt.time(2, 30)))})
    assert "between 02:00 and 03:00" in night
