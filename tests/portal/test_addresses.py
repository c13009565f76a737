from __future__ import annotations

from urllib.parse import parse_qsl

import pytest

from connectors.region.board.search import Cursor, Near, Query
from portal import addresses
from schemas.offer import Contract
from tests.makers import NOON


@pytest.mark.parametrize(
    "query",
    [
        Query(),
        Query(
            text="l’école & co",
            kind="job",
            department="15",
            contract="apprenticeship",
            remote="partial",
            sort="relevance",
        ),
        Query(text="pain", sort="relevance", page=3),
        Query(text="pain", sort="newest", after=Cursor(NOON, "abc")),
        Query(after=Cursor(None, "abc")),
        Query(
            near=Near("Aurillac (15)", 44.92539, 2.43983, 50),
            field="J",
            level=5,
            cpf=True,
            paid=True,
            since=7,
            sort="distance",
            page=2,
        ),
        Query(text="pain", near=Near("Aurillac (15)", 44.92539, 2.43983), sort="distance"),
    ],
)
def test_an_address_reads_back_as_the_search_it_was_written_for(query: Query) -> None:
    assert addresses.read(dict(parse_qsl(addresses.write(query).partition("?")[2]))) == query


def test_every_contract_has_a_word() -> None:
    assert set(addresses.CONTRACTS.values()) == set(Contract.__args__)  # type: ignore[attr-defined]
