"""What is kept of a person, as the one file that they are handed (RGPD, articles 15 and 20).

Belongs here: the file's form, which ``schemas/json/person-export.v1.json`` describes. Does not: reading it all
(region/people/person_records.py), or the words of the privacy page that it points to.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import msgspec

from connectors.region.people.person_records import Kept
from core.terms import TERMS

SCHEMA: Final = "person-export.v1"


def exported(kept: Kept, public_url: str, now: dt.datetime) -> dict[str, Any]:
    """The file, as plain values: everything that is kept, how long each part is, and where purposes and rights are told."""
    told: dict[str, Any] = msgspec.to_builtins(
        {
            "schema": SCHEMA,
            "made_at": now,
            "privacy_page": f"{public_url}/vie-privee",
            "kept_for": {name: term.iso for name, term in TERMS.items()},
            **msgspec.structs.asdict(kept),
        }
    )
    return told
