import pytest

from tests.relays import Letters
from tests.worlds import _no_waiting, flowing, hub, region, sandbox

__all__ = ["_no_waiting", "flowing", "hub", "region", "sandbox"]


@pytest.fixture
def letters() -> Letters:
    """What a relay took."""
    return Letters()
