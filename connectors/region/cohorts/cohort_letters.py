"""What letters about cohorts tell, as it is when they are sent.

Belongs here: reading it. Does not: their words (connectors/mail/cohorts.py), or when one is called for (cohorts.py, outcomes.py).
"""

from __future__ import annotations

import msgspec
from sqlalchemy import text

from connectors.region.cohorts import programme_letters
from connectors.region.cohorts.programme_letters import Placed
from connectors.region.database import Region


class Membership(msgspec.Struct, frozen=True):
    """Somebody's way with a cohort: their ``places`` in its sessions, in order, and whether they are in it still."""

    member: bool
    places: tuple[Placed, ...]

    @property
    def attended(self) -> tuple[Placed, ...]:
        """The places where they were."""
        return tuple(place for place in self.places if place.attendance == "present")


def membership(region: Region, contact: int, cohort: int) -> Membership:
    """A person's way with a cohort."""
    with region.begin() as connection:
        member = connection.execute(
            text(
                "SELECT FROM cohort_member WHERE cohort_id = :cohort AND contact_id = :contact AND left_at IS NULL"
            ),
            {"cohort": cohort, "contact": contact},
        ).one_or_none()
        numbers = connection.scalars(
            text(
                "SELECT e.id FROM enrolment e JOIN session s ON s.id = e.session_id WHERE s.cohort_id = :cohort AND s.state = 'open' "
                "AND e.contact_id = :contact AND e.state <> 'left' ORDER BY s.starts_at, s.id"
            ),
            {"cohort": cohort, "contact": contact},
        ).all()
    places = programme_letters.placed(region, numbers)
    return Membership(member is not None, tuple(places[number] for number in numbers))
