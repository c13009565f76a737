"""The truth: what the outside really shows and people were really told when a world is quiet, against what was decided.

Belongs here: what was decided, one function a clause, each giving the differences in words. Does not: reading the outside (outside.py)
or how the world got there (world.py).

What a text should say is rendered by the hub's own pure functions: that they say it well is tested where they live.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

import msgspec

from connectors import clock, registry
from connectors.channel import Readable
from connectors.facebook_dialogues import wire as posts
from connectors.facebook_live import wire as lives
from connectors.graph import dialogues as words
from connectors.region.database import Region
from connectors.region.dialogues import dialogues
from connectors.region.ledger import channel_state
from connectors.region.publishing import audits
from core.days import PARIS
from core.dialogue_calendar import uid
from core.dialogues import Rules
from schemas.dialogue import Announcement
from tests.hands import sql
from tests.world.dialogues.outside import CANCELLED, KEPT, Entry, Letter, Outside
from tests.world.stage import Stage

_LINK: Final = re.compile(r"https://\S+\Z")
_FOLLOWERS: Final = """
    SELECT c.email FROM dialogue d JOIN enrolment e ON e.session_id = d.session_id JOIN contact c ON c.id = e.contact_id
    WHERE d.ref = :ref AND e.state = 'registered' ORDER BY c.id
"""
_HOSTS: Final = """
    SELECT o.email AS official, m.email AS moderator FROM dialogue d JOIN official o ON o.id = d.official_id
    JOIN moderator m ON m.id = d.moderator_id WHERE d.ref = :ref
"""
_ENDS: Final = """
    SELECT channel, subject, state, cause, error, state = 'planned' AND coalesce(not_before > now() + interval '1 day', false) AS waits
    FROM effect ORDER BY id
"""
_LETTERS: Final = """
    SELECT e.subject, e.state, e.cause, e.error, e.content ->> 'kind' AS kind, (e.content ->> 'version')::int AS version,
        coalesce(c.email, o.email, m.email) AS email,
        coalesce(o.name, m.name) AS host
    FROM effect e
    LEFT JOIN enrolment n ON e.content ->> 'about' = 'programme' AND n.id = (e.content ->> 'of')::bigint
    LEFT JOIN contact c ON c.id = n.contact_id
    LEFT JOIN official o ON e.content ->> 'host' = 'official' AND o.id = (e.content ->> 'of')::bigint
    LEFT JOIN moderator m ON e.content ->> 'host' = 'moderator' AND m.id = (e.content ->> 'of')::bigint
    WHERE e.channel = 'mail' ORDER BY e.id
"""


def evening(days: int) -> dt.datetime:
    """What clocks in Paris show so many days from now, at half past six."""
    return dt.datetime.combine(clock.now().astimezone(PARIS).date() + dt.timedelta(days), dt.time(18, 30))


class Decided(msgspec.Struct, frozen=True):
    """A dialogue as it was decided, and whom that concerns, by address."""

    told: Announcement
    official: int
    hosts: tuple[str, ...]
    followers: tuple[str, ...]

    @property
    def gist(self) -> tuple[object, ...]:
        """What it comes to, whatever day it is."""
        return self.told.state, self.told.form, self.told.version, self.hosts, self.followers

    @property
    def is_cancelled(self) -> bool:
        """Whether it is not held."""
        return self.told.state == "cancelled"

    def entry(self, portal: str) -> Entry:
        """What calendars show of it."""
        return Entry(
            uid(self.told.ref, portal),
            self.told.version,
            CANCELLED if self.is_cancelled else KEPT,
            self.told.starts,
            self.told.form == "written",
        )


def decided(region: Region, ref: str, rules: Rules) -> Decided | None:
    """How a dialogue stands; None while nobody is to be told of it."""
    found = dialogues.named(region, ref)
    assert found is not None
    if found.session_id is None:
        return None
    ((official, moderator),) = sql(region, _HOSTS, ref=ref)
    followers = tuple(row.email for row in sql(region, _FOLLOWERS, ref=ref))
    assert found.official_id is not None
    return Decided(
        found.announcement(rules.themes[found.theme]), found.official_id, (official, moderator), followers
    )


class Case(msgspec.Struct, frozen=True):
    """What the clauses judge: everything that was ever ``decided``, and the calendars in which it ever was (``seen``)."""

    stage: Stage
    outside: Outside
    decided: Sequence[Decided]
    seen: Collection[str]

    @property
    def last(self) -> Decided:
        """How it is."""
        return self.decided[-1]


def differences(case: Case) -> list[str]:
    """Everything that is not as it should be, clause by clause; empty when all is well."""
    if not case.decided:
        return ["it was never announced"]
    clauses = (_post, _live, _calendars, _people, _ledger, _alerts)
    return [difference for clause in clauses for difference in clause(case)]


def _post(case: Case) -> Iterator[str]:
    """The Page has one post of it, ever, with the last words; none when it was cancelled before anybody could see one."""
    there, ever = case.outside.posts(), case.outside.posts(ever=True)
    if case.last.is_cancelled and not ever:
        return
    if len(there) != 1 or len(ever) != 1:
        yield f"the Page shows {len(there)} posts of it, and {len(ever)} were ever made"
    for message in there:
        link = _LINK.search(message.strip())
        if not link or message.strip() != posts.message(case.last.told, link[0]).strip():
            yield f"a post says something else than the last words: {message[:200]!r}"


def _live(case: Case) -> Iterator[str]:
    """A live video waits for it, at its time, where Graph can schedule one; and there were never two at once."""
    ever, told = case.outside.lives(), case.last.told
    there = [each for each in ever if each["deleted"] is None and each["status"] != lives.CANCELLED]
    for earlier, later in pairwise(ever):
        if earlier["deleted"] is None or earlier["deleted"] > _milliseconds(later["created"]):
            yield f"live videos {earlier['id']} and {later['id']} were there at once"
    is_near = told.starts - clock.now() <= lives.HORIZON
    wanted = 1 if told.state == "announced" and told.form == "live" and is_near else 0
    if len(there) != wanted:
        yield f"{len(there)} live videos are there, and {wanted} should be"
    for video in there:
        link = _LINK.search(video["description"])
        right = lives.description(told, link[0]) if link else None
        if (video["title"], video["description"]) != (words.title(told), right):
            yield f"a live video says something else: {video['description'][:200]!r}"
        if (video["status"], video["starts"]) != ("SCHEDULED_UNPUBLISHED", told.starts.timestamp()):
            yield f"a live video is {video['status']} for {video['starts']}, and it is held at {told.starts}"


def _milliseconds(instant: str) -> float:
    return dt.datetime.fromisoformat(instant).timestamp() * 1000


def _calendars(case: Case) -> Iterator[str]:
    """The public calendar and the official's have one event each, as it is now; nobody else's has any."""
    entry = case.last.entry(case.stage.settings.public_url)
    theirs = {"dialogues", f"o{case.last.official}"}
    wanted = theirs & set(case.seen) if case.last.is_cancelled else theirs
    there = case.outside.calendars()
    for name in sorted(wanted | there.keys()):
        right = [entry] if name in wanted else []
        if there.get(name, []) != right and not (name in theirs and there.get(name) == [entry]):
            yield f"calendar {name} has {there.get(name)}, and {right} is right"


def _people(case: Case) -> Iterator[str]:
    """Everybody was told of nothing that was never so, of nothing twice, and of the last state, or a person must see to it."""
    told = defaultdict(list)
    for letter in case.outside.letters():
        told[letter.to].append(letter)
    excused = {row.email for row in _lost(case)}
    everybody = {person for each in case.decided for person in (*each.hosts, *each.followers)}
    for person in sorted(everybody | told.keys()):
        letters = told[person]
        for letter in letters:
            if not _was_so(case, person, letter):
                yield f"{person} was told what was never so: {letter}"
        sequences = [letter.entry.sequence for letter in letters]
        if len(sequences) > len(set(sequences)):
            yield f"{person} was told twice, or of two things as if they were one: {', '.join(map(str, letters))}"
        if person not in excused and (flaw := _flaw(case, person, letters)):
            yield f"{person} {flaw}: {', '.join(map(str, letters)) or 'no letter'}"


def _lost(case: Case) -> list[Any]:
    """Letters about the last state that may not have arrived (nobody can look), or that the relay refused."""
    region = case.stage.direct
    ((version,),) = sql(region, "SELECT version FROM session")
    return [
        row
        for row in sql(region, _LETTERS)
        if (row.state == "parked" or (row.state == "rejected" and row.cause != "moot"))
        and (row.kind == "registered" or row.version == (case.last.told.version if row.host else version))
    ]


def _was_so(case: Case, person: str, letter: Letter) -> bool:
    """Whether what a letter tells was ever so for that person."""
    entry, held = letter.entry, False
    for each in case.decided:
        concerned = person in each.hosts or person in each.followers
        same = (entry.starts, entry.written) == (each.told.starts, each.told.form == "written")
        off = each.is_cancelled if concerned else held
        if same and (concerned or held) and entry.status == (CANCELLED if off else KEPT):
            return True
        held = held or concerned
    return False


def _flaw(case: Case, person: str, letters: Sequence[Letter]) -> str | None:
    """What is wrong with what a person knows in the end: calendars keep what has the highest SEQUENCE."""
    last = case.last
    known = max((letter.entry for letter in letters), key=lambda entry: entry.sequence, default=None)
    if person not in (*last.hosts, *last.followers):
        return "does not know that somebody else holds it" if known and known.status == KEPT else None
    if known is None:
        return "was told nothing"
    right = (CANCELLED if last.is_cancelled else KEPT, last.told.starts, last.told.form == "written")
    return None if (known.status, known.starts, known.written) == right else "does not know the last state"


def _ledger(case: Case) -> Iterator[str]:
    """The ledger has nothing open but what waits for its day, and agrees with every channel that can be read back."""
    region = case.stage.direct
    for row in sql(region, _ENDS):
        wanted = {"done", "parked", "rejected"} if row.channel in registry.MESSENGERS else {"done"}
        if row.state not in wanted and not row.waits:
            yield f"{row.channel} {row.subject} is {row.state}: {row.error}"
    for name, build in registry.ANNOUNCERS.items():
        channel = build(case.stage.settings, region)
        try:
            assert isinstance(channel, Readable)
            found = audits.audit(region, channel)
            if found.drifts or found.live != found.inventory:
                yield f"{name}: {found.live} are there by the ledger, {found.inventory} in truth: {found.drifts}"
        finally:
            channel.close()


def _alerts(case: Case) -> Iterator[str]:
    """Of what nobody can look up a person is alerted, and of an official or a moderator who does not know.

    Unless it is alerts themselves that are not known to arrive.
    """
    titles, standings = case.outside.alerts(), channel_state.standings(case.stage.direct)
    if standings.get("alerts", channel_state.Standing()).parked:
        return
    for name, standing in standings.items():
        if standing.parked and not any(title.endswith(f"on {name} wait for a person") for title in titles):
            yield f"{standing.parked} effects on {name} are parked, and nobody was alerted"
    for row in _lost(case):
        unreached = f"{row.host} does not know of dialogue {case.last.told.ref}"
        if row.host and row.state == "rejected" and unreached not in titles:
            yield f"the relay refused {row.subject}, and nobody was alerted"
