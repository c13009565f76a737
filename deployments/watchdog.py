"""The watchdog: on another machine, it sees the hub's own death and tells people.

Belongs here: looking, sending, keeping what was told. Does not: when something is told (core/outages.py) or how it is asked
(connectors/hub.py). It needs no database and no Prefect, for those may be what is dead.

The portal is dead when it does not answer or cannot serve; schedules are when no heartbeat (flows/heartbeat.py) was noted for as
long as anything may be dead; Prefect is when its server is not healthy.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec
from pydantic import SecretStr

from connectors import hub, notifying
from connectors.settings import Settings
from core import outages
from core.outages import Notice, Outages, Seen
from schemas.errors import BoostezError, Misconfigured

PAGE: Final = "docs/runbook/hub-silent.md"
_logger: Final = logging.getLogger(__name__)


class Watchdog:
    """Watches one hub. What it told is kept in ``state``, so that a restart tells nothing twice."""

    def __init__(self, chosen: Settings, prefect: str | None, state: Path) -> None:
        """``prefect``: the API of its server; None: not watched.

        Raises:
            Misconfigured: it would have nobody to tell, or nothing to watch, or at no address.

        """
        if not chosen.alert_urls:
            raise Misconfigured("BOOSTEZ_ALERT_URLS is not set: the watchdog would have nobody to tell.")
        if chosen.portal_url is None:
            raise Misconfigured("BOOSTEZ_PORTAL_URL is not set: the watchdog would have nothing to watch.")
        hub.check(chosen.public_url, prefect)
        self._portal, self._prefect, self._state = chosen.public_url, prefect, state
        self._destinations, self._private = chosen.alert_urls, chosen.private_hosts
        self._patience = dt.timedelta(minutes=chosen.watchdog_minutes)

    def look(self, now: dt.datetime) -> list[Notice]:
        """Look once, tell what is due, and keep it. Returns what people were told."""
        seen = list(self._seen(now))
        standing = outages.looked(self._read(), seen, now)
        sent = []
        for notice in outages.due(standing, seen, now, self._patience):
            if _sent(self._destinations, notice, self._portal, now):
                standing = outages.told(standing, notice, now)
                self._keep(standing)  # at once: whoever kills us now is not told twice by the next
                sent.append(notice)
        self._keep(standing)
        return sent

    def dead(self) -> Outages:
        """What the last look found dead."""
        return self._read()

    def _seen(self, now: dt.datetime) -> Iterator[Seen]:
        try:
            found = hub.readiness(self._portal, self._private)
        except BoostezError as error:
            yield Seen("portal", str(error))
        else:
            yield Seen("portal", None if found.status == "ready" else found.reason or "it is not ready")
            if found.version is not None:  # the database told it, so what it says of schedules is so
                yield self._schedules(found.heartbeat_at, now)
        if self._prefect:
            try:
                hub.orchestrates(self._prefect, self._private)
            except BoostezError as error:
                yield Seen("prefect", str(error))
            else:
                yield Seen("prefect")

    def _schedules(self, beat: dt.datetime | None, now: dt.datetime) -> Seen:
        if beat is None:
            return Seen("schedules", "The deployment `heartbeat` has never run by its schedule.")
        if now - beat >= self._patience:
            return Seen(
                "schedules", f"The deployment `heartbeat` last ran at {beat:%Y-%m-%d %H:%M} UTC.", beat
            )
        return Seen("schedules")

    def _read(self) -> Outages:
        try:
            return msgspec.json.decode(self._state.read_bytes(), type=Outages)
        except FileNotFoundError:
            return {}
        except msgspec.DecodeError as error:
            _logger.warning("%s cannot be read, so it is begun anew: %s", self._state, error)
            return {}

    def _keep(self, standing: Outages) -> None:
        self._state.parent.mkdir(parents=True, exist_ok=True)
        draft = self._state.with_suffix(".new")
        draft.write_bytes(msgspec.json.encode(standing))
        draft.replace(self._state)


def _sent(destinations: Sequence[SecretStr], notice: Notice, portal: str, now: dt.datetime) -> bool:
    """Whether somebody certainly has it; every destination is tried."""
    title = f"Boostez: {notice.name} {'is back' if notice.kind == 'back' else f'is {notice.kind}'}"
    minutes = round((now - notice.outage.since).total_seconds() / 60)
    body = (
        f"{notice.outage.reason}\n\nWhat: {notice.name} of {portal}\nSince: {notice.outage.since:%Y-%m-%d %H:%M} UTC, "
        f"{minutes} min\nWhat to do: {PAGE}"
    )
    answers = [notifying.delivered(address, title=title, body=body) for address in destinations]
    return any(answers)
