"""The conformance suite of announcers: what dialogues want is there once, whatever their place answers, and nothing else is touched.

A place is described by its adapter (announced.py); a registered one that is not there fails the suite.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from prefect.logging import disable_run_logger

from connectors.channel import ItemChannel, Readable
from connectors.region.ledger import channel_state, ledger, wants
from connectors.registry import ANNOUNCERS, CHANNELS, MESSENGERS, channel
from core.effects import Intent
from schemas.dialogue import Announcement, encode
from tasks.deliver import carry_out
from tasks.progress import Progress
from tasks.run import Delivered
from tests.connectors.announced import FAULTS, PLACES, SOON, Place
from tests.dialogues import announcement
from tests.hands import later, sql
from tests.worlds import Hub, Sandbox

pytestmark = [pytest.mark.database, pytest.mark.catalogue(1, 1)]
STRUCK = [(name, fault) for name, faults in FAULTS.items() for fault in faults]

HOSTILE = (
    "a\r\nb\nc\x07\x1b[31m\x85d",
    "\u202egnirts\u2066 \u200bx\u00ad",
    "sans compte\u00a0: https://portail.example/dialogues/d9?e=d9-1",
    "sans compte : https://portail.example/offres/d1?e=d1-1\n",
    "<script>alert(1)</script> {{ link }} {% for %} &amp; ]]>",
    "é🥖" * 5_000,
)


@pytest.fixture
def place(request: pytest.FixtureRequest, name: str, hub: Hub, sandbox: Sandbox) -> Place:
    """The place of the test's ``name``."""
    return PLACES[name](request, hub, sandbox)


def told(ref: str, **changes: Any) -> Announcement:
    return announcement(**{"ref": ref, "title": f"Dialogue {ref}", "starts": SOON} | changes)


def want(place: Place, name: str, ref: str, said: Announcement | None, **when: Any) -> None:
    content = None if said is None else encode(said)
    with place.hub.region.begin() as connection:
        wants.want(connection, name, place.subject(ref), content, **when)


def put_out(hub: Hub, name: str) -> Delivered:
    delivered = Delivered()
    with disable_run_logger():
        carry_out(hub.region, hub.settings, name, delivered, Progress(name, 0))
    return delivered


def until_quiet(hub: Hub, name: str, rounds: int = 5) -> None:
    for _ in range(rounds):
        later(hub.region)
        hub.settle(name)
        later(hub.region)
        put_out(hub, name)
        standing = channel_state.standings(hub.region)[name]
        if standing.quiet:
            return
    pytest.fail(str(standing))


def titles(place: Place) -> list[str]:
    """Which dialogues are there, as their title begins."""
    return sorted(
        word for shown in place.there() for word in ("d1", "d2", "d3") if f"Dialogue {word}" in shown.text
    )


def effects(hub: Hub) -> list[Any]:
    return sql(hub.region, "SELECT * FROM effect ORDER BY id")


def test_every_registered_announcer_is_in_the_suite() -> None:
    assert set(ANNOUNCERS) == set(PLACES) == set(FAULTS)


def test_an_announcer_is_no_other_channel() -> None:
    assert not set(ANNOUNCERS) & {*CHANNELS, *MESSENGERS}


def test_every_announcer_has_a_page_on_its_limits() -> None:
    root = Path(__file__).parents[2] / "connectors"
    assert [name for name in ANNOUNCERS if not (root / name / "README.md").exists()] == []


@pytest.mark.parametrize("name", PLACES)
class TestConformance:
    def test_it_says_what_it_can_do(self, hub: Hub, name: str, place: Place) -> None:
        built = channel(name, hub.settings, hub.region)
        assert isinstance(built, ItemChannel)
        assert isinstance(built, Readable)
        built.close()
        assert built.name == name
        assert built.capabilities.form
        assert built.capabilities.lease_seconds > 2 * built.capabilities.settle_seconds
        assert place.there() == []

    def test_what_is_wanted_is_made_changed_and_taken_away(self, hub: Hub, name: str, place: Place) -> None:
        want(place, name, "d1", told("d1"))
        want(place, name, "d2", told("d2", form="written" if name != "facebook_live" else "live"))
        assert put_out(hub, name).created == 2
        assert titles(place) == ["d1", "d2"]
        assert hub.audit(name).agrees
        moved = told(
            "d1", version=2, title="Dialogue d1, déplacé", starts=SOON + dt.timedelta(days=1), was=SOON
        )
        want(place, name, "d1", moved)
        want(place, name, "d2", None)
        done = put_out(hub, name)
        assert (done.updated, done.withdrawn) == (1, 1)
        (shown,) = place.there()
        assert "Dialogue d1, déplacé" in shown.text
        assert hub.audit(name).agrees
        assert place.made() == 2

    def test_the_same_again_calls_nobody(self, hub: Hub, name: str, place: Place) -> None:
        want(place, name, "d1", told("d1"))
        put_out(hub, name)
        before, rows = place.writes(), effects(hub)
        want(place, name, "d1", told("d1"))
        put_out(hub, name)
        hub.settle(name)
        assert hub.audit(name, heal=True).agrees
        assert (place.writes(), effects(hub)) == (before, rows)

    def test_what_is_wanted_later_is_not_there_yet_and_no_audit_minds(
        self, hub: Hub, name: str, place: Place
    ) -> None:
        want(place, name, "d1", told("d1"), not_before=SOON)
        put_out(hub, name)
        assert place.there() == []
        assert hub.audit(name).agrees
        want(place, name, "d1", None)
        put_out(hub, name)
        assert place.made() == 0

    def test_what_a_dead_worker_made_is_found_and_not_made_again(
        self, hub: Hub, name: str, place: Place
    ) -> None:
        for ref in ("d1", "d2"):
            want(place, name, ref, told(ref))
        built = channel(name, hub.settings, hub.region)
        assert isinstance(built, ItemChannel)
        _, intents = ledger.claim(hub.region, name, "any", 10, 600)
        built.send(intents[:1])  # and the worker dies, with the receipt and before the second
        built.close()
        until_quiet(hub, name)
        assert titles(place) == ["d1", "d2"]
        assert place.made() == 2
        assert hub.audit(name).agrees

    def test_it_finds_what_it_carries_and_only_that(self, hub: Hub, name: str, place: Place) -> None:
        want(place, name, "d1", told("d1"))
        put_out(hub, name)
        (there,) = effects(hub)
        never = place.subject("zz")
        now = dt.datetime.now(dt.UTC)
        built = channel(name, hub.settings, hub.region)
        assert isinstance(built, Readable)
        found = built.find(
            [
                Intent(there.id, there.subject, "create", there.marker, None, None, now),
                Intent(there.id + 1, never, "create", f"{never}-1", None, None, now),
            ]
        )
        built.close()
        assert {effect: (each.marker, each.remote_id) for effect, each in found.items()} == {
            there.id: (there.marker, there.remote_id)
        }

    def test_a_ledger_that_lost_everything_adopts_what_is_there(
        self, hub: Hub, name: str, place: Place
    ) -> None:
        """After a restore from a backup of before: it was announced a second time."""
        want(place, name, "d1", told("d1"))
        put_out(hub, name)
        sql(hub.region, "DELETE FROM effect")
        found = hub.audit(name, heal=True)
        assert found.counts["unexpected"] == 1
        want(place, name, "d1", told("d1", title="Dialogue d1, encore"))
        until_quiet(hub, name)
        (shown,) = place.there()
        assert "Dialogue d1, encore" in shown.text
        assert place.made() == 1
        assert hub.audit(name).agrees

    def test_what_is_not_ours_is_never_touched(self, hub: Hub, name: str, place: Place) -> None:
        """Nor what recommends a dialogue of ours, with the address that its author was led to by us."""
        want(place, name, "d1", told("d1"))
        put_out(hub, name)
        (ours,) = place.there()
        link = ours.text.split()[-1]
        kept = [place.add("Bonne fête à toutes et à tous !"), place.add(f"Allez-y ! {link}")]
        want(place, name, "d1", told("d1", title="Dialogue d1 bis"))
        put_out(hub, name)
        found = hub.audit(name, heal=True)
        assert (found.agrees, found.foreign) == (True, 2 if place.sees_others else 0)
        want(place, name, "d1", None)
        put_out(hub, name)
        hub.audit(name, heal=True)
        assert {shown.id for shown in place.there()} == set(kept)

    def test_what_people_change_by_hand_is_told_and_put_right(
        self, hub: Hub, name: str, place: Place
    ) -> None:
        for ref in ("d1", "d2"):
            want(place, name, ref, told(ref))
        put_out(hub, name)
        before = {shown.id: shown.text.partition("\n")[2] for shown in place.there()}
        first, second = before
        place.edit(first, "Annulé, désolé")
        place.remove(second)
        assert {kind: n for kind, n in hub.audit(name).counts.items() if n} == {"missing": 1, "edited": 1}
        assert "Annulé, désolé" in "".join(shown.text for shown in place.there()), "only told"
        hub.audit(name, heal=True)
        assert titles(place) == ["d1", "d2"]
        assert hub.audit(name).agrees
        assert first in [shown.id for shown in place.there()]

    def test_what_somebody_already_took_away_is_gone(self, hub: Hub, name: str, place: Place) -> None:
        want(place, name, "d1", told("d1"))
        put_out(hub, name)
        place.remove(place.there()[0].id)
        want(place, name, "d1", None)
        assert put_out(hub, name).withdrawn == 1
        assert channel_state.standings(hub.region)[name].quiet

    def test_hostile_texts_are_carried_and_do_no_harm(self, hub: Hub, name: str, place: Place) -> None:
        for number, words in enumerate(HOSTILE):
            said = dict.fromkeys(("summary", "theme", "official", "moderator", "place", "reason"), words)
            ref = f"h{number}"
            want(place, name, ref, told(ref, title=f"Dialogue {ref} {words}", **said))
        put_out(hub, name)
        texts = [shown.text for shown in place.there()]
        assert len(texts) == len(HOSTILE)
        assert all(any(f"Dialogue h{number}" in text for text in texts) for number in range(len(HOSTILE)))
        assert not set("".join(texts)) & set("\x07\x1b\x85\u202e\u2066\u200b\u00ad\r")
        assert max(map(len, texts)) < place.longest
        found = hub.audit(name)
        assert (found.agrees, found.inventory, found.foreign) == (True, len(HOSTILE), 0)
        for number in range(len(HOSTILE)):
            want(place, name, f"h{number}", None)
        put_out(hub, name)
        assert place.there() == []


@pytest.mark.parametrize(("name", "fault"), STRUCK)
def test_whatever_one_call_is_answered_nothing_is_lost_and_nothing_twice(
    impatient: Hub, place: Place, name: str, fault: str
) -> None:
    """One call changes the first, takes the second away and makes the third."""
    for ref in ("d1", "d2"):
        want(place, name, ref, told(ref))
    put_out(impatient, name)
    want(place, name, "d1", told("d1", summary="Changé.", version=2))
    want(place, name, "d2", None)
    want(place, name, "d3", told("d3"))
    place.strike(fault)

    put_out(impatient, name)
    until_quiet(impatient, name)

    assert place.struck() == 1
    assert titles(place) == ["d1", "d3"]
    assert place.made() == 3
    assert any("Changé." in shown.text for shown in place.there())
    assert impatient.audit(name).agrees
