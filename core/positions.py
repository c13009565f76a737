"""Where a commune lies, well enough to say how far two firms are from each other.

Belongs here: a commune's coordinates, its postal code's where it has none of its own. Does not: which commune is meant
(communes.py, places.py), or distances as the portal searches them (connectors/region/board/search.py).

Half of the Region's communes, the small ones, have no coordinates in the reference table. Nine in ten of them share a postal
code with communes that have: of 1,675 communes with coordinates of their own, the middle of the others of their postal code
is 4 km away in the median, and less than 8 km for nine in ten.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from schemas.reference_tables import communes

Position = tuple[float, float]  # degrees of latitude and longitude, WGS 84


@cache
def position(code: str) -> Position | None:
    """Where the commune of an INSEE code lies; None when nothing safe says so."""
    commune = communes().get(code)
    if commune is None:
        return None
    if commune.latitude is not None and commune.longitude is not None:
        return commune.latitude, commune.longitude
    return _middle([near for postal_code in commune.postal_codes for near in _known().get(postal_code, ())])


def _middle(several: list[Position]) -> Position | None:
    if not several:
        return None
    return sum(at[0] for at in several) / len(several), sum(at[1] for at in several) / len(several)


@cache
def _known() -> Mapping[str, list[Position]]:
    """The coordinates that are known, by postal code."""
    found: defaultdict[str, list[Position]] = defaultdict(list)
    for commune in communes().values():
        if commune.latitude is not None and commune.longitude is not None:
            for postal_code in commune.postal_codes:
                found[postal_code].append((commune.latitude, commune.longitude))
    return MappingProxyType(dict(found))
