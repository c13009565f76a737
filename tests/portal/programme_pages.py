"""Every page of the programme, in the states that change its markup, for those who read pages (test_markup.py) and look at them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from starlette.testclient import TestClient

from connectors.region.cohorts import coaches
from connectors.region.database import Region
from connectors.region.firms import answers, registrations
from connectors.region.sessions import enrolments, rescheduling
from connectors.region.sessions.rescheduling import Change
from connectors.settings import Settings
from schemas.firm import Consent
from schemas.questionnaires import Satisfaction
from tests.portal.programme import NOW, REMINDED, asked, path, person, place, press, rules, session
from tests.portal.test_registration_form import GOOD

LONG = "Se faire trouver sur internet quand on est seul, artisan, et que l’on n’a ni le temps ni l’envie"


class Seen(NamedTuple):
    """A page: its name, and what it answered."""

    name: str
    answer: Any


class Walk:
    """Somebody who goes everywhere."""

    def __init__(self, visitor: TestClient, region: Region, settings: Settings) -> None:
        self.visitor, self.region, self.settings = visitor, region, settings
        self.coach = coaches.keep(region, "Claude Rey", "claude@region.example")
        self.ada = person(region, phone="+33639981234", agreed=(REMINDED, Consent("invitations", "sms")))
        self.bruno = person(region, "Bruno Faure", "b@x.example", firm="Atelier du Bois & fils")

    def everything(self) -> Iterator[Seen]:
        """All of them."""
        yield from self.sessions()
        yield from self.registering()
        yield from self.places()
        yield from self.attending()
        yield from self.answering()
        yield from self.choosing()

    def sessions(self) -> Iterator[Seen]:
        region, get = self.region, self.visitor.get
        yield Seen("no session", get("/seances"))
        made = session(region, title=LONG, coach_id=self.coach.id)
        online = session(region, place=None, address=None, link="https://v.example/1")
        both = session(region, link="https://v.example/1", summary="")
        for name, found in {
            "session": made,
            "session online": online,
            "session both": both,
            "dialogue": session(region, kind="dialogue", department=None),
            "session over": session(region, in_days=-3),
            "session on": session(region, in_days=-0.01),
        }.items():
            yield Seen(name, get(f"/seances/{found.ref}"))
        yield Seen("session gone", get(f"/seances/{session(region, in_days=-370).ref}"))
        rescheduling.cancel(region, both.ref, "L’intervenante est souffrante.", NOW)
        yield Seen("session cancelled", get(f"/seances/{both.ref}"))
        yield Seen("sessions", get("/seances?departement=69&type=seminaire"))
        yield Seen("no such session", get("/seances?departement=15"))
        yield Seen("home with sessions", get("/"))

    def registering(self) -> Iterator[Seen]:
        region, visitor = self.region, self.visitor
        full = session(region, capacity=1)
        place(region, full, self.bruno)
        at = f"/seances/{full.ref}/inscription"
        yield Seen("registration", visitor.get("/inscription"))
        yield Seen("registration for a full session", visitor.get(at))
        yield Seen("registration with every error", press(visitor, "/inscription", telephone="1", niveau="x"))
        yield Seen("registration that is stale", visitor.post(at, data={"dispo_tue-evening": "oui"}))
        yield Seen("registration sent", visitor.get("/inscription/envoyee"))
        begun = session(region, in_days=-0.01)
        yield Seen("registration too late", visitor.get(f"/seances/{begun.ref}/inscription"))
        waits, alone, off = asked(region, full), asked(region), session(region)
        link = path(self.settings, "registration", waits.ref)
        yield Seen("confirming", visitor.get(link))
        yield Seen("confirming that is stale", visitor.post(link, data={"a": "b"}))
        registrations.confirm(region, rules(), alone.ref, NOW)
        yield Seen("confirmed", visitor.get(path(self.settings, "registration", alone.ref)))
        late = asked(region, off)
        rescheduling.cancel(region, off.ref, "Neige.", NOW)
        yield Seen("confirming what is cancelled", visitor.get(path(self.settings, "registration", late.ref)))
        registrations.confirm(region, rules(), late.ref, NOW)
        yield Seen("confirmed too late", visitor.get(path(self.settings, "registration", late.ref)))
        for number in range(registrations.LIMITS.email):
            asked(region, name=f"Ada {number}", email="many@x.example")
        yield Seen("too many registrations", self._one_more())
        yield Seen("dead link", visitor.get("/preferences/x"))

    def _one_more(self) -> Any:
        return press(self.visitor, "/inscription", **{**GOOD, "courriel": "many@x.example"})

    def places(self) -> Iterator[Seen]:
        region, visitor = self.region, self.visitor
        made = session(region, capacity=1, title=LONG, link="https://v.example/1")
        mine, second, third = (place(region, made, each) for each in (self.ada, self.bruno, self._third()))
        for name, each in (("place", mine), ("waiting", second), ("waiting behind", third)):
            yield Seen(name, visitor.get(path(self.settings, "place", each.id)))
        at = f"{path(self.settings, 'place', mine.id)}/rendre"
        yield Seen("giving back", visitor.get(at))
        yield Seen("giving back that is stale", visitor.post(at, data={"a": "b"}))
        yield Seen("leaving the list", visitor.get(f"{path(self.settings, 'place', second.id)}/rendre"))
        rescheduling.change(region, rules(), made.ref, Change(place="Salle des fêtes"), NOW)
        yield Seen("place that moved", visitor.get(path(self.settings, "place", mine.id)))
        enrolments.leave(region, rules(), mine.id, NOW)
        yield Seen("place given back", visitor.get(path(self.settings, "place", mine.id)))
        rescheduling.cancel(region, made.ref, "Neige.", NOW)
        yield Seen("place cancelled", visitor.get(path(self.settings, "place", second.id)))

    def _third(self) -> int:
        return person(self.region, "Chloé Nguyen", "c@x.example")

    def attending(self) -> Iterator[Seen]:
        region, visitor = self.region, self.visitor
        made = session(region, in_days=0.5 / 24, coach_id=self.coach.id, capacity=2)
        mine, _, waits = (place(region, made, each) for each in (self.ada, self.bruno, self._third()))
        at, room = path(self.settings, "attend", mine.id), path(self.settings, "room", made.ref)
        sheet = path(self.settings, "sheet", f"{made.ref}.{self.coach.id}")
        yield Seen("attendance", visitor.get(at))
        yield Seen("attendance that is stale", visitor.post(at, data={"a": "b"}))
        yield Seen("attendance without a place", visitor.get(path(self.settings, "attend", waits.id)))
        yield Seen("room", visitor.get(room))
        yield Seen("room with a wrong address", press(visitor, room, courriel="x"))
        yield Seen("room said", visitor.get(f"{room}?merci"))
        press(visitor, at)
        yield Seen("attendance said", visitor.get(at))
        yield Seen("attestation", visitor.get(path(self.settings, "verify", mine.id)))
        yield Seen("programme's progress", visitor.get("/accompagnement"))
        yield Seen("sheet before", visitor.get(sheet))
        early = place(region, session(region), self.ada)
        yield Seen("attendance too early", visitor.get(path(self.settings, "attend", early.id)))
        yield Seen("room too early", visitor.get(path(self.settings, "room", session(region).ref)))
        empty = session(region, coach_id=self.coach.id)
        yield Seen(
            "sheet of nobody", visitor.get(path(self.settings, "sheet", f"{empty.ref}.{self.coach.id}"))
        )
        rescheduling.cancel(region, empty.ref, "Neige.", NOW)
        yield Seen(
            "sheet cancelled", visitor.get(path(self.settings, "sheet", f"{empty.ref}.{self.coach.id}"))
        )

    def answering(self) -> Iterator[Seen]:
        region, visitor = self.region, self.visitor
        over = session(region, in_days=-1, coach_id=self.coach.id)
        held = [place(region, over, person(region, f"Personne {n}", f"n{n}@x.example")) for n in range(6)]
        enrolments.sheet(region, over.ref, [each.id for each in held[1:]], "Claude", NOW)
        for each in held[1:]:
            answers.keep(region, each.id, "satisfaction", Satisfaction(5, 4, 4, "Très concret."), NOW)
        sheet = path(self.settings, "sheet", f"{over.ref}.{self.coach.id}")
        yield Seen("sheet", visitor.get(f"{sheet}?garde"))
        yield Seen("sheet that is stale", visitor.post(sheet, data={"a": "b"}))
        for name, at in {
            "satisfaction": path(self.settings, "satisfaction", held[1].id),
            "outcome": path(self.settings, "outcome", f"{held[1].id}.outcome_3"),
        }.items():
            yield Seen(name, visitor.get(at))
            yield Seen(f"{name} with errors", press(visitor, at, emplois="x"))
        said = press(
            visitor, path(self.settings, "satisfaction", held[1].id), utile="1", clair="1", conseil="1"
        )
        yield Seen("answered", said)

    def choosing(self) -> Iterator[Seen]:
        region, visitor = self.region, self.visitor
        place(region, session(region), self.ada)
        at = path(self.settings, "preferences", self.ada)
        stop = path(self.settings, "unsubscribe", f"{self.ada}.sessions.mail")
        yield Seen("preferences", visitor.get(f"{at}?garde"))
        yield Seen("preferences that are stale", visitor.post(at, data={"a": "b"}))
        yield Seen("unsubscribing", visitor.get(stop))
        yield Seen("unsubscribed", visitor.post(stop))
        yield Seen("unsubscribing again", visitor.get(stop))
        yield Seen("erasing", visitor.get(f"{at}/effacer"))
        yield Seen("erasing that is stale", visitor.post(f"{at}/effacer", data={"a": "b"}))
        yield Seen("erased", visitor.get("/preferences/effacees"))
