"""Refused offers as rows."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from core.refusals import HEADER, rows
from schemas.documents import Reason
from tests.makers import NOON


@given(st.lists(st.tuples(st.text(), st.sampled_from([NOON, None]), st.lists(st.builds(Reason, st.text(), st.text(), st.text(), st.text()))), max_size=5), st.none() | st.integers(0, 9))  # fmt: skip
def test_every_reason_is_a_row(
    refused: list[tuple[str, dt.datetime | None, list[Reason]]], most: int | None
) -> None:
    told = list(rows(refused, most))
    every = [(ref, each.rule) for ref, _, reasons in refused for each in reasons]
    assert [row[:2] for row in told] == every[:most]
    assert all(len(row) == len(HEADER) for row in told)
