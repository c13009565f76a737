"""The rules of alerts, from their reviewed file.

Belongs here: the file (deployments/alerts.toml) as values, and whether the settings' addresses are of it. Does not: what the rules do
(core/alerting.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from connectors.alerts import wire
from connectors.reviewed import refuse, reviewed
from connectors.settings import Settings
from core.alert_rules import (
    Inhibition,
    Kind,
    Manner,
    Pace,
    Route,
    Rules,
    Silence,
    faults,
)
from core.office import Office
from core.on_call import OnCall, Turn
from schemas.errors import Misconfigured

_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@cache
def alert_rules(file: Path) -> Rules:
    """Every rule of the file.

    Raises:
        Misconfigured: the file does not fit its schema, or its rules make no sense; the message has every reason.

    """
    written = reviewed(file, "alerts.v1")
    try:
        rules = _rules(written)
    except ValueError as error:  # 2026-02-30
        raise Misconfigured(f"{file}: {error}") from error
    refuse(file, (f": {fault}" for fault in faults(rules)))
    return rules


def addresses(settings: Settings) -> dict[str, frozenset[str]]:
    """The settings' addresses by destination, as their effects name them.

    Raises:
        Misconfigured: the settings name a destination that the file does not.

    """
    known = alert_rules(settings.alerts_file).destinations
    refuse(
        settings.alerts_file,
        (
            f": no destination {name!r}, of which BOOSTEZ_ALERT_DESTINATIONS has the addresses"
            for name in sorted(set(settings.alert_destinations) - set(known))
        ),
    )
    return {
        name: frozenset(wire.destination(url.get_secret_value()) for url in urls)
        for name, urls in settings.alert_addresses.items()
    }


def _rules(written: Mapping[str, Any]) -> Rules:
    office = written["office"]
    return Rules(
        runbooks=written["runbooks"],
        failures=int(written["failures"]),
        destinations=written["destinations"],
        kinds=tuple(Kind(**kind) for kind in written["kinds"]),
        manners={name: _manner(manner) for name, manner in written["severities"].items()},
        routes=tuple(
            Route(tuple(r["pillars"]), tuple(r["severities"]), tuple(r["office"]), tuple(r["otherwise"]))
            for r in written["routes"]
        ),
        pace=Pace(
            _minutes(written["pace"]["calm"]),
            _minutes(written["pace"]["memory"]),
            int(written["pace"]["most"]),
        ),
        office=Office(
            frozenset(map(_DAYS.index, office["days"])), _time(office["opens"]), _time(office["closes"])
        ),
        on_call=_on_call(written["on_call"]) if "on_call" in written else None,
        inhibitions=tuple(Inhibition(i["cause"], tuple(i["mutes"])) for i in written.get("inhibitions", ())),
        silences=tuple(
            Silence(each["of"], dt.timedelta(hours=each["hours"]), each["sleeps"])
            for each in written.get("silences", ())
        ),
    )


def _manner(written: Mapping[str, Any]) -> Manner:
    repeat, escalate, acknowledged = (
        _minutes(written[name]) if name in written else None
        for name in ("repeat", "escalate", "acknowledged")
    )
    return Manner(written["hours"] == "always", repeat, escalate, acknowledged)


def _on_call(written: Mapping[str, Any]) -> OnCall:
    return OnCall(
        tuple(written["rota"]),
        _day(written["from"]),
        _time(written["hands_over"]),
        tuple(Turn(t["who"], _day(t["from"]), _day(t["until"])) for t in written.get("turns", ())),
    )


def _minutes(written: float) -> dt.timedelta:
    return dt.timedelta(minutes=written)


def _day(written: str) -> dt.date:
    return dt.date.fromisoformat(written)


def _time(written: str) -> dt.time:
    return dt.time.fromisoformat(written)
