"""Dialogues in a few words, for tests of their pages: who holds them, one in any state, questions about it.

Belongs here: worlds made by the steps that staff take. Does not: announcements as values (tests/dialogues.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from starlette.testclient import TestClient

from connectors.dialogue_rules import dialogue_rules
from connectors.region.database import Region
from connectors.region.dialogues import dialogue_holding, dialogue_life, dialogues, hosts
from connectors.region.dialogues.dialogue_life import Placement
from connectors.region.dialogues.dialogue_steps import Hub
from connectors.region.dialogues.dialogues import Dialogue
from connectors.region.questions import asks, moderation, questions
from connectors.region.questions.questions import Question
from connectors.seals import Seals
from connectors.settings import Settings
from core.dialogues import Rules
from core.wall import wall_of
from tests.hands import sql
from tests.portal import programme
from tests.portal.programme import NOW, PARIS
from tests.portal.test_posting import seal_of

SITE: Final = "https://offres.region.example"
BY: Final = "Camille"
TEXT: Final = "Quand la ligne de car entre Aurillac et Saint-Flour sera-t-elle rétablie le soir ?"
LIKE: Final = "Quand la ligne de car Aurillac – Saint-Flour sera-t-elle rétablie ?"
ANSWER: Final = "Dès la rentrée de septembre, avec deux départs après 19 heures."


def rules() -> Rules:
    """Those that are in force."""
    return dialogue_rules(Settings().dialogue_file)


def hub() -> Hub:
    """What steps go by."""
    return Hub(rules(), programme.rules(), SITE)


def dialogue(
    region: Region,
    *,
    in_days: float = 14,
    seats: int = 0,
    official: str = "Ada Martin",
    venue: str = "Hôtel de Région",
    minutes: int = 60,
    announced: bool = True,
    **changes: Any,
) -> Dialogue:
    """A live dialogue so many days from now; a negative number: it has begun, as nothing else makes it so late."""
    starts = NOW + dt.timedelta(days=in_days)
    soon = NOW + dt.timedelta(days=30 + _number(region))
    values: dict[str, Any] = {
        "theme": "transport",
        "title": "Les cars et les trains du quotidien",
        "summary": "Horaires, correspondances, prix.\nPosez vos questions.",
        "form": "live",
        "department": "15",
        **changes,
    }
    made = dialogues.add(region, dialogues.Draft(minutes=minutes, **values), NOW)
    where = Placement(
        official_id=hosts.keep_official(
            region, official, "vice-présidente déléguée aux transports", f"{made.ref}@region.example"
        ).id,
        moderator_id=hosts.keep_moderator(region, "Bruno Faure", f"m{made.ref}@region.example").id,
        venue_id=hosts.keep_venue(
            region,
            f"{venue} {made.ref}",
            "69",
            "room" if seats else "studio",
            address="1 esplanade François-Mitterrand, 69002 Lyon",
            seats=seats,
        ).id
        if values["form"] == "live"
        else None,
        starts_wall=wall_of(starts if in_days > 0 else soon, PARIS).replace(second=0, microsecond=0),
    )
    dialogue_life.approve(region, made.ref, where, BY, NOW)
    if announced:
        dialogue_life.announce(region, hub(), made.ref, BY, NOW)
    if in_days <= 0:
        begin_at(region, made.ref, starts)
    return read(region, made.ref)


def _number(region: Region) -> int:
    return int(sql(region, "SELECT count(*) AS n FROM dialogue")[0].n)


def begin_at(region: Region, ref: str, starts: dt.datetime) -> None:
    """It begins then: time has passed since it was announced."""
    starts = starts.replace(second=0, microsecond=0)
    values = {"ref": ref, "at": starts, "wall": wall_of(starts, PARIS)}
    sql(region, "UPDATE dialogue SET starts_at = :at, starts_wall = :wall WHERE ref = :ref", **values)
    sql(
        region,
        "UPDATE session SET starts_at = :at, starts_wall = :wall, "
        "ends_at = cast(:at AS timestamptz) + make_interval(mins => minutes) "
        "WHERE id = (SELECT session_id FROM dialogue WHERE ref = :ref)",
        **values,
    )


def over(region: Region, *, in_days: float = -3, **changes: Any) -> Dialogue:
    """A dialogue that was held, with its replay and its minutes."""
    made = dialogue(region, in_days=in_days, **changes)
    dialogue_holding.close(region, hub(), made.ref, BY, NOW, replay="https://video.example/1")
    record = "La ligne rouvre en septembre.\nLes prix ne changent pas."
    return dialogue_holding.publish_record(region, hub(), made.ref, record, BY, NOW)


def cancelled(region: Region, reason: str = "La salle est inondée.", **changes: Any) -> Dialogue:
    """A dialogue that will not be held."""
    made = dialogue(region, **changes)
    return dialogue_life.cancel(region, hub(), made.ref, BY, reason, NOW)


def read(region: Region, ref: str) -> Dialogue:
    """It as it is now."""
    found = dialogues.named(region, ref)
    assert found is not None
    return found


def waiting(region: Region, body: str = TEXT, of: Dialogue | None = None, **changes: Any) -> Question:
    """A question that nobody has read yet."""
    draft = questions.Draft(
        changes.pop("theme", of.theme if of else "transport"),
        body,
        of.id if of else None,
        changes.pop("author", "Ada"),
    )
    return questions.ask_anonymously(region, draft, body.encode()[:16], changes.pop("now", NOW), **changes)


def by_mail(region: Region, body: str = TEXT, email: str = "ada@fournil.example") -> Question:
    """A question whose author confirmed it."""
    asked = questions.ask(region, questions.Draft("transport", body), email, b"origin", "test", NOW)
    ((ref,),) = sql(region, "SELECT ref FROM ask WHERE question_id = :id", id=asked.id)
    asks.confirm(region, programme.rules(), ref, NOW)
    found = questions.named(region, asked.ref)
    assert found is not None
    return found


def published(
    region: Region, body: str = TEXT, of: Dialogue | None = None, *, days_ago: int = 0, **changes: Any
) -> Question:
    """A question that everybody reads since so many days."""
    at = NOW - dt.timedelta(days=days_ago)
    return moderation.publish(region, waiting(region, body, of, now=at, **changes).ref, BY, at, rules())


def answered(region: Region, body: str = TEXT, of: Dialogue | None = None, **changes: Any) -> Question:
    """A question that has its answer."""
    made = published(region, body, of, **changes)
    return moderation.answer(region, made.ref, ANSWER, "Ada Martin, vice-présidente", BY, NOW)


def refused(region: Region, body: str = TEXT, words: str = "Écrivez à la mairie.") -> Question:
    """A question that is not answered."""
    made = waiting(region, body)
    return moderation.refuse(region, made.ref, "off_topic", words, BY, NOW, rules().charter)


def merged(region: Region, into: Question, body: str = "Le car du soir, quand revient-il ?") -> Question:
    """A question that leads to another."""
    return moderation.merge(region, waiting(region, body).ref, into.ref, BY, NOW)


def aged_seal(visitor: TestClient, settings: Settings, at: str) -> str:
    """The seal of a form that was opened a minute ago."""
    seals = Seals(settings)
    word = seals.opened("form", seal_of(visitor.get(at).text), dt.datetime.now(dt.UTC), None)
    assert word is not None
    return seals.seal("form", word, dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1))
