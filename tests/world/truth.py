"""The truth: what is really outside and in the database when a world is quiet, against what should be.

Belongs here: one function a clause, each giving the differences in words. Does not: how the world got there (scenario.py).
"""

from __future__ import annotations

import gzip
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import msgspec
from lxml import etree
from sqlalchemy import text

from connectors import registry
from connectors.channel import Readable
from connectors.facebook_page import wire as facebook
from connectors.region.ledger import channel_state
from connectors.region.publishing import audits
from schemas.offer import Offer, encode
from tests.world.outside import Board, Outside
from tests.world.stage import Stage

_SUBJECT: Final = re.compile(r"/offres/([0-9a-z]+)\?e=")


def differences(stage: Stage, outside: Outside) -> list[str]:
    """Everything that is not as it should be, clause by clause; empty when all is well."""
    board = outside.board()
    known = _known(stage)
    carried: dict[str, tuple[Offer, ...]] = {key: (offer,) for key, offer in board.valid.items()}
    carried |= {key: board.malformed[key] for key in board.malformed.keys() & known.keys()}
    return [
        difference
        for clause in (
            _offers,
            _payloads,
            _page,
            _never_twice,
            _feed,
            _residents,
            _ledger,
            _messages,
            _litter,
        )
        for difference in clause(Case(stage, board, known, carried))
    ]


class Case(msgspec.Struct, frozen=True):
    """What the clauses judge. ``known`` are the statuses of the Region's offers by key; ``carried`` is what every channel
    must carry: key to the contents that are right (more than one only where the newest payload is malformed)."""

    stage: Stage
    board: Board
    known: Mapping[str, str]
    carried: Mapping[str, Sequence[Offer]]


def _known(stage: Stage) -> dict[str, str]:
    with stage.direct.begin() as connection:
        return {row.key: row.status for row in connection.execute(text("SELECT key, status FROM offer"))}


def _offers(case: Case) -> Iterator[str]:
    """The Region has open what the contractor has open, and nothing else."""
    for key in sorted(case.board.valid.keys() - case.known.keys()):
        yield f"offer {key}: lost, the contractor has it open"
    for key, status in sorted(case.known.items()):
        if status == "closed" and key not in case.board.closed:
            yield f"offer {key}: closed here, open at the contractor"
        if status == "open" and key in case.board.closed:
            yield f"offer {key}: open here, closed at the contractor"


def _payloads(case: Case) -> Iterator[str]:
    """Every payload is an offer or in quarantine."""
    with case.stage.direct.begin() as connection:
        rows = connection.execute(
            text("SELECT raw_hash FROM offer UNION ALL SELECT raw_hash FROM quarantine")
        )
        accounted = {bytes(row.raw_hash) for row in rows}
    for raw_hash in sorted(case.board.served - accounted):
        yield f"payload {raw_hash.hex()[:12]}: neither an offer nor in quarantine"


def _posts(case: Case, **params: str) -> dict[str, list[dict[str, Any]]]:
    """Posts of ours, by subject, oldest first."""
    found = defaultdict(list)
    answer = case.stage.sandbox.http.get("/truth/posts", params={"limit": "1000", **params}).json()
    for post in answer["items"]:
        if match := _SUBJECT.search(post["message"]):
            found[match[1]].append(post)
    return found


def _page(case: Case) -> Iterator[str]:
    """The Page shows each open offer once, as it is now, and nothing else."""

    def right(post: dict[str, Any], offer: Offer) -> bool:
        link = re.search(r"https://\S+\Z", post["message"].strip())
        return bool(link) and post["message"].strip() == facebook.message(offer, link[0]).strip()  # type: ignore[index]

    yield from _compare("facebook_page", case.carried, _posts(case), right)


def _never_twice(case: Case) -> Iterator[str]:
    """No subject had two posts at the same time, ever."""
    for subject, posts in sorted(_posts(case, deleted="true").items()):
        for earlier, later in pairwise(posts):
            if earlier.get("deleted_time", "9999") > later["created_time"]:
                yield f"facebook_page {subject}: {earlier['id']} and {later['id']} were there at the same time"


def _feed(case: Case) -> Iterator[str]:
    """The feed is whole, and holds each open job once, as it is now."""
    plain = case.stage.home / "feeds" / "aggregator.xml"
    packed = plain.with_name("aggregator.xml.gz")
    if not plain.exists() or not packed.exists():
        yield "aggregator_feed: a file is missing"
        return
    if gzip.decompress(packed.read_bytes()) != plain.read_bytes():
        yield "aggregator_feed: the two files differ"
    jobs = defaultdict(list)
    for element in etree.fromstring(plain.read_bytes()).findall("job"):
        jobs[str(element.findtext("referencenumber"))].append(element)

    def right(element: Any, offer: Offer) -> bool:
        told = (element.findtext("title"), element.findtext("description"))
        return told == (offer.title, offer.description)

    wanted = {key: versions for key, versions in case.carried.items() if versions[-1].kind == "job"}
    yield from _compare("aggregator_feed", wanted, jobs, right)


def _residents(case: Case) -> Iterator[str]:
    """The board of the open portal shows each open offer, as it is now."""
    with case.stage.direct.begin() as connection:
        rows = connection.execute(text("SELECT key, content FROM board WHERE withdrawn_at IS NULL"))
        shown = {row.key: [row.content] for row in rows}
    yield from _compare(
        "open_portal",
        case.carried,
        shown,
        lambda content, offer: content == msgspec.json.decode(encode(offer)),
    )


def _compare(
    channel: str,
    wanted: Mapping[str, Sequence[Offer]],
    there: Mapping[str, Sequence[Any]],
    right: Callable[[Any, Offer], bool],
) -> Iterator[str]:
    for key in sorted(wanted.keys() - there.keys()):
        yield f"{channel} {key}: missing"
    for key, objects in sorted(there.items()):
        if key not in wanted:
            yield f"{channel} {key}: there, though not open"
        elif len(objects) > 1:
            yield f"{channel} {key}: there {len(objects)} times"
        elif not any(right(objects[0], version) for version in wanted[key]):
            yield f"{channel} {key}: stale or wrong content"


def _ledger(case: Case) -> Iterator[str]:
    """The ledger has nothing open, and agrees with each channel."""
    region = case.stage.direct
    standings = channel_state.standings(region)
    for name in registry.CHANNELS:
        channel = registry.channel(name, case.stage.settings, region)
        try:
            if not isinstance(channel, Readable):
                yield f"{name}: cannot be read back, and no clause says what must come of it"
                continue
            found = audits.audit(region, channel)
            if not found.agrees:
                drifts = " ".join(f"{kind}={count}" for kind, count in found.counts.items() if count)
                yield (
                    f"{name}: the audit differs: wanted={found.wanted} live={found.live} "
                    f"inventory={found.inventory} {drifts}"
                )
            standing = standings.get(name, channel_state.Standing())
            if standing.parked or standing.refused:
                yield f"{name}: {standing.parked} parked and {standing.refused} refused, without a reason"
        finally:
            channel.close()


def _messages(case: Case) -> Iterator[str]:
    """What cannot be looked up ended: done, and arrived once; or parked for a person, and arrived once at most."""
    messages = case.stage.sandbox.messages()
    arrived = Counter(message["subject"] for message in messages)
    with case.stage.direct.begin() as connection:
        rows = connection.execute(
            text("SELECT channel, subject, state FROM effect WHERE channel = ANY(:names) ORDER BY id"),
            {"names": list(registry.MESSENGERS)},
        ).all()
    expected = {"done": {1}, "parked": {0, 1}}
    for row in rows:
        if row.state not in expected:
            yield f"{row.channel} {row.subject}: did not end, but is {row.state}"
        elif arrived[row.subject] not in expected[row.state]:
            yield f"{row.channel} {row.subject}: {row.state}, and arrived {arrived[row.subject]} times"
    for subject in arrived.keys() - {row.subject for row in rows}:
        yield f"message {subject}: arrived, and is nobody's"


def _litter(case: Case) -> Iterator[str]:
    """What the dead left on the disk is gone, but for the last half-built feed: the next writer takes that away."""
    home = case.stage.home
    for path in sorted((home / "spool").glob("*")):
        yield f"litter: {path.relative_to(home)}"
    for path in sorted((home / "feeds").glob(".new-*"))[1:]:
        yield f"litter: {path.relative_to(home)}"
