"""Every page of dialogues and questions, in the states that change its markup, for those who read pages and look at them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

from starlette.testclient import TestClient

from connectors.region.database import Region
from connectors.region.dialogues import dialogue_holding, dialogue_life
from connectors.region.dialogues.dialogue_life import Placement
from connectors.region.dialogues.dialogues import Dialogue
from connectors.region.questions import asks, questions
from connectors.region.sessions import sessions
from connectors.settings import Settings
from core.questions import State
from portal.question_queue import QUEUE
from tests.hands import sql
from tests.officers import sign_in
from tests.portal import dialogues as made
from tests.portal.dialogues import ANSWER, BY, hub
from tests.portal.programme import NOW, path, press, rules
from tests.portal.programme_pages import Seen

LONG = "Se déplacer le soir et le week-end quand on habite à la montagne, sans voiture, et que l’on travaille en ville"

PUBLISHED: Final[tuple[State, ...]] = ("published",)
ENDED: Final[tuple[State, ...]] = ("refused", "merged", "answered")
KINDS: Final = (  # one page of each kind, with most on it
    *("dialogues", "dialogue", "dialogue off", "dialogue over", "moderator", "home with dialogues"),
    *("questions", "question", "question refused", "own question waiting", "own question refused", "vote"),
    *(
        "asking",
        "asking with every error",
        "asking what is asked",
        "asking what is over",
        "following",
        "watching",
    ),
    *("too many asks", "confirming following", "confirming asking", "ask sent", "ask too late", "unwatching"),
    *("queue of questions", "question to moderate", "question to answer", "sure to merge"),
)


class Talk:
    """Somebody who reads, asks, votes and moderates everywhere."""

    def __init__(self, visitor: TestClient, region: Region, settings: Settings) -> None:
        self.visitor, self.region, self.settings = visitor, region, settings

    def everything(self) -> Iterator[Seen]:
        """All of them."""
        yield from self.dialogues()
        yield from self.reading()
        yield from self.asking()
        yield from self.confirming()
        yield from self.moderating()

    def dialogues(self) -> Iterator[Seen]:
        region, get = self.region, self.visitor.get
        yield Seen("no dialogue", get("/dialogues?departement=15"))
        room = made.dialogue(region, seats=80, title=LONG, in_days=8)
        back = made.dialogue(region, in_days=5, theme="health")
        air = made.dialogue(region, in_days=-0.01, theme="jobs")
        over, off = made.over(region, theme="digital"), made.cancelled(region, in_days=9)
        self._move(made.dialogue(region, in_days=20))
        dialogue_life.fall_back(region, hub(), back.ref, BY, "la salle n’a pas de réseau.", NOW)
        dialogue_holding.go_on_air(region, hub(), air.ref, BY, NOW)
        sql(
            region,
            "UPDATE effect SET remote_id = '7', live_hash = 'x' WHERE channel = 'facebook_live' AND subject = :ref",
            ref=air.ref,
        )
        made.published(region, of=room, days_ago=18)
        made.published(region, f"{LONG} : que prévoyez-vous ?", of=room, author=None)
        made.answered(region, "Le tarif des moins de 26 ans sera-t-il maintenu ?", of=room)
        made.waiting(region, "Une question que personne n’a lue, sur les gares ?", of=room)
        for name, one in {"": room, " in writing": back, " on air": air, " over": over, " off": off}.items():
            yield Seen(f"dialogue{name}", get(f"/dialogues/{one.ref}"))
        yield Seen("dialogues", get("/dialogues"))
        yield Seen("home with dialogues", get("/"))
        gone = made.cancelled(region, in_days=3)
        made.begin_at(region, gone.ref, NOW - dt.timedelta(days=400))
        yield Seen("dialogue gone", get(f"/dialogues/{gone.ref}"))
        soon = made.dialogue(region, in_days=0.05)
        yield Seen("moderator", get(path(self.settings, "moderator", f"{soon.ref}.{soon.moderator_id}")))

    def _move(self, one: Dialogue) -> None:
        assert one.starts_wall
        assert one.official_id
        assert one.moderator_id
        where = Placement(
            official_id=one.official_id,
            moderator_id=one.moderator_id,
            venue_id=one.venue_id,
            starts_wall=one.starts_wall + dt.timedelta(days=1),
        )
        dialogue_life.move(self.region, hub(), one.ref, BY, None, NOW, where=where)

    def reading(self) -> Iterator[Seen]:
        region, visitor = self.region, self.visitor
        yield Seen("no question", visitor.get("/questions?theme=firms&tri=attente"))
        late = made.published(region, f"{LONG}, {LONG} : et pour les lycéens ?", days_ago=17)
        visitor.post(f"/questions/{late.ref}/voter", data={"action": "soutenir"}, headers={"Sec-Fetch-Site": "same-origin"})  # fmt: skip
        yield Seen("questions", visitor.get("/questions"))
        yield Seen("question", visitor.get(f"/questions/{late.ref}"))
        yield Seen("vote", visitor.get(f"/questions/{late.ref}/voter"))
        waits = made.waiting(region, "Une autre question que personne n’a lue encore ?")
        has, refused = (
            made.answered(region, "Et les pistes cyclables ?"),
            made.refused(region, "Et ma rue ?!?"),
        )
        into = made.merged(region, late, "Comment se déplacer le soir à la montagne ?")
        for name, one in {"waiting": waits, "answered": has, "refused": refused}.items():
            yield Seen(f"question {name}", visitor.get(f"/questions/{one.ref}"))
        for name, one in {"waiting": waits, "late": late, "answered": has, "refused": refused, "merged": into}.items():  # fmt: skip
            keep = "?garder" if name == "waiting" else ""
            yield Seen(f"own question {name}", visitor.get(path(self.settings, "question", one.ref) + keep))

    def asking(self) -> Iterator[Seen]:
        region, visitor = self.region, self.visitor
        one = made.dialogue(region, in_days=30)
        at = f"/dialogues/{one.ref}/question"
        yield Seen("asking", visitor.get("/questions/nouvelle"))
        yield Seen("asking a dialogue", visitor.get(at))
        yield Seen("asking that is stale", visitor.post(at, data={"question": "Pourquoi ?"}))
        yield Seen("asking too fast", press(visitor, at, question="Pourquoi ?"))
        yield Seen("asking with every error", self._slowly("/questions/nouvelle", reponse="x", nom="a" * 200))
        yield Seen("asking what is asked", self._slowly(at, reponse="sans", question=f"{made.LIKE}"))
        over = made.over(region, in_days=-2)
        yield Seen("asking what is over", visitor.get(f"/dialogues/{over.ref}/question"))
        yield Seen("following", visitor.get(f"/dialogues/{one.ref}/suivre"))
        yield Seen("following with errors", self._slowly(f"/dialogues/{one.ref}/suivre", courriel="x"))
        (known, *_) = questions.listed(region, sort="due", states=PUBLISHED)
        yield Seen("watching", visitor.get(f"/questions/{known.ref}/suivre"))
        for number in range(asks.LIMITS.email):
            asks.follow(region, self._session(made.dialogue(region, in_days=40 + number)), "many@x.example", None, b"o", "w", NOW)  # fmt: skip
        yield Seen("too many asks", self._slowly(f"/dialogues/{one.ref}/suivre", courriel="many@x.example"))

    def _slowly(self, at: str, **fields: str) -> object:
        """Send a form as somebody does who reads it: it was shown a while ago."""
        seal = made.aged_seal(self.visitor, self.settings, at)
        return self.visitor.post(at, data={"sceau": seal, **fields})

    def _session(self, one: Dialogue) -> str:
        assert one.session_id
        found = sessions.named(self.region, one.session_id)
        assert found is not None
        return found.ref

    def confirming(self) -> Iterator[Seen]:
        region, visitor = self.region, self.visitor
        yield Seen("ask sent", visitor.get("/confirmer"))
        one = made.dialogue(region, in_days=50)
        follow = asks.follow(region, self._session(one), "bob@x.example", "Bob", b"o", "w", NOW)
        (known, *_) = questions.listed(region, sort="due", states=PUBLISHED)
        watch = asks.watch(region, known.ref, "bob@x.example", b"o", "w", NOW)
        questions.ask(region, questions.Draft("jobs", "Combien d’emplois créés en 2027 ?"), "c@x.example", b"o", "w", NOW)  # fmt: skip
        ((own,),) = sql(region, "SELECT ref FROM ask ORDER BY id DESC LIMIT 1")
        for name, ref in {"following": follow.ref, "watching": watch.ref, "asking": own}.items():
            yield Seen(f"confirming {name}", visitor.get(path(self.settings, "ask", ref)))
        at = path(self.settings, "ask", watch.ref)
        yield Seen("confirming that is stale", visitor.post(at, data={"a": "b"}))
        done = asks.confirm(region, rules(), watch.ref, NOW)
        yield Seen("ask confirmed", visitor.get(at))
        dialogue_life.cancel(region, hub(), one.ref, BY, "La neige.", NOW)
        asks.confirm(region, rules(), follow.ref, NOW)
        yield Seen("ask too late", visitor.get(path(self.settings, "ask", follow.ref)))
        stop = path(self.settings, "unwatch", f"{known.id}.{done.contact}")
        yield Seen("unwatching", visitor.get(stop))
        yield Seen("unwatched", visitor.post(stop))

    def moderating(self) -> Iterator[Seen]:
        region, visitor = self.region, self.visitor
        sign_in(visitor, region, self.settings)
        queue = QUEUE
        yield Seen("queue of questions", visitor.get(queue))
        (known, *_) = questions.listed(region, sort="due", states=PUBLISHED)
        waits = made.waiting(region, f"{known.body[:150]} Écrivez à ada@fournil.example ou 06 12 34 56 78")
        at, other = f"{queue}/{waits.ref}", f"{queue}/{known.ref}"
        yield Seen("question to moderate", visitor.get(at))
        yield Seen("question to answer", visitor.get(other))
        yield Seen("decision without a reason", press(visitor, at, action="refuser"))
        yield Seen(
            "sure to refuse", press(visitor, at, action="refuser", article="off_topic", mots="Non.\nMerci.")
        )
        yield Seen("sure to merge", press(visitor, at, action="fusionner", dans=known.ref))
        yield Seen("sure to answer", press(visitor, other, action="repondre", reponse=ANSWER, elu="Ada"))
        yield Seen("no such question", visitor.get(f"{queue}/qnone"))
        for state in ENDED:
            (one, *_) = questions.listed(region, states=(state,), sort="newest")
            yield Seen(f"moderated, {state}", visitor.get(f"{queue}/{one.ref}"))
