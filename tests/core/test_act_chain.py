"""The chain of acts: whatever is done to a log after it was written is seen."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from core.act_chain import START, Head, Link, digest, judged

facts = st.lists(st.tuples(st.none() | st.text(max_size=9), st.none() | st.text(max_size=9)), max_size=6)


def chained(said: Sequence[tuple[str | None, ...]], first: int = 1, previous: bytes = START) -> list[Link]:
    links = []
    for number, each in enumerate(said, first):
        links.append(Link(number, previous, digest(previous, number, each), tuple(each)))
        previous = links[-1].hash
    return links


@given(facts)
def test_what_was_only_appended_to_has_no_fault(said: list[tuple[str | None, ...]]) -> None:
    log = chained(said)
    verdict = judged(log)
    assert verdict.faults == ()
    assert verdict.rows == len(said)
    assert verdict.head == (Head(log[-1].id, log[-1].hash.hex()) if log else None)
    for each in log:
        assert judged(log, Head(each.id, each.hash.hex())).faults == (), "any head that it had before"


@given(facts.filter(len), st.data())
def test_a_fact_that_is_changed_is_seen(said: list[tuple[str | None, ...]], data: st.DataObject) -> None:
    log = chained(said)
    at = data.draw(st.integers(0, len(log) - 1))
    other = data.draw(
        st.tuples(st.none() | st.text(max_size=9), st.none() | st.text(max_size=9)).filter(
            lambda told: told != log[at].facts
        )
    )
    log[at] = msgspec.structs.replace(log[at], facts=other)
    assert judged(log).faults == (f"Row {at + 1} is not what was written.",)
    log[at] = chained([other], at + 1, log[at].previous)[0]
    assert bool(judged(log).faults) is (at < len(log) - 1), "the newest, made anew, only a noted head tells"


@given(facts.filter(lambda said: len(said) > 1), st.data())
def test_a_row_that_is_gone_is_seen(said: list[tuple[str | None, ...]], data: st.DataObject) -> None:
    log = chained(said)
    head = judged(log).head
    assert head is not None
    del log[data.draw(st.integers(0, len(log) - 1))]
    assert judged(log, head).faults
    assert judged(chained(said, previous=bytes([1] * 32))).faults, "it begins where nothing begins"


@given(facts.filter(len), st.integers(1, 5))
def test_rows_whose_term_was_over_are_missed_by_nobody(
    said: list[tuple[str | None, ...]], dropped: int
) -> None:
    gone = chained([("a", None)] * dropped)
    rest = chained(said, dropped + 1, gone[-1].hash)
    assert judged(rest).faults
    proof = (str(dropped), gone[-1].hash.hex())
    assert judged([*rest[:-1], msgspec.structs.replace(rest[-1], dropped=proof)]).faults == ()
    other = (str(dropped), "0" * 64)
    assert judged([*rest[:-1], msgspec.structs.replace(rest[-1], dropped=other)]).faults
    early = Head(gone[0].id, gone[0].hash.hex())
    assert judged([*rest[:-1], msgspec.structs.replace(rest[-1], dropped=proof)], early).faults == (), (
        "a head of before is dropped with its row"
    )


def test_no_two_rows_read_alike() -> None:
    assert digest(START, 1, ("ab", "c")) != digest(START, 1, ("a", "bc"))
    assert digest(START, 1, (None, "")) != digest(START, 1, ("", None))
    assert digest(START, 1, ("-,",)) != digest(START, 1, (None,))


def test_of_many_faults_ten_are_told() -> None:
    log = [msgspec.structs.replace(each, facts=("x",)) for each in chained([("a", None)] * 20)]
    faults = judged(log).faults
    assert (len(faults), faults[-1]) == (11, "And 10 more.")
