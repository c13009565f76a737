from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.progress import STEPS, TARGET, Part, Progress, Steps, markdown

numbers = st.lists(st.integers(0, 9000), min_size=6, max_size=6).map(
    lambda found: Steps(*sorted(found, reverse=True))
)


@given(st.lists(st.tuples(st.text(max_size=12), numbers), max_size=4))
def test_the_tables_have_every_number(parts: list[tuple[str, Steps]]) -> None:
    found = tuple(Part(name, steps) for name, steps in parts)
    whole = Steps(*(sum(getattr(part.steps, step) for part in found) for step in STEPS))
    told = markdown(Progress(whole, found, ()))
    assert told.startswith(f"{whole.present} of {TARGET} firms have come")
    for step in STEPS:
        assert f"| {step} | {getattr(whole, step)} |" in told
    assert len([line for line in told.splitlines() if line.startswith("| ")]) == 1 + 6 + 2 + len(found)


def test_the_share_counts_those_who_came() -> None:
    assert Progress(Steps(9000, 8000, 2000), (), ()).share == 0.25
