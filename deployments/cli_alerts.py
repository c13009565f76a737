"""``boostez alert``: what stands, who was told, acknowledging, muting.

Belongs here: these commands. Does not: what they do (connectors/region/alerting/alerts.py, mutes.py), or when who is told
(deployments/alerts.toml).
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import msgspec
import typer

from connectors import clock
from connectors.region.alerting import alerts, mutes
from connectors.region.alerting.alerts import Alert
from connectors.region.database import region
from core.days import at_paris
from deployments.command import By, Json, connected, guarded, print_told, say
from schemas.errors import Refused

app = typer.Typer(no_args_is_help=True, help="Alerts: what stands, acknowledging, muting.")
Number = Annotated[int, typer.Argument(help="The alert's number, as `boostez alert list` shows it.")]


@app.command("list")
@guarded
def list_alerts(as_json: Json = False) -> None:
    """List what stands, oldest first, and the mutes that hold."""
    with connected():
        standing, holding = alerts.unresolved(region()), mutes.holding(region(), clock.now())
    lines = (
        f"{alert.id}  {at_paris(alert.raised_at)}  {alert.severity or '-'}  {alert.title} ({alert.cause}); {_told(alert)}"
        for alert in standing
    )
    muted = (f"Mute {m.id}: {m.pattern} until {at_paris(m.until)}, by {m.by}: {m.why}" for m in holding)
    told = {"alerts": standing, "mutes": holding}
    print_told(told, *(lines if standing else ["No alert stands."]), *muted, as_json=as_json)


@app.command("show")
@guarded
def show_alert(number: Number, as_json: Json = False) -> None:
    """Show one alert with its message."""
    with connected():
        alert = alerts.named(region(), number)
    moments = msgspec.structs.asdict(alert).items()
    print_told(
        alert,
        f"{alert.title} ({alert.cause})",
        *(f"{name}: {at_paris(moment)}" for name, moment in moments if isinstance(moment, dt.datetime)),
        f"seen: {alert.times} times, came back {alert.returns} times",
        f"affected: {alert.affected or '-'}",
        f"how: {alert.runbook or '-'}",
        _told(alert),
        "",
        *alert.message.splitlines(),
        as_json=as_json,
    )


@app.command("ack")
@guarded
def acknowledge(number: Number, by: By) -> None:
    """Say that you act: nobody else is called, and it is not repeated for a while."""
    with connected():
        if not alerts.acknowledge(region(), number, by, clock.now()):
            alert = alerts.named(region(), number)
            over = f"is over since {at_paris(alert.resolved_at)}" if alert.resolved_at else ""
            raise Refused(f"Alert {number} {over or f'was acknowledged by {alert.acknowledged_by}'}.")
    say(f"Alert {number} is acknowledged by {by}.")


@app.command("mute")
@guarded
def mute(
    cause: Annotated[str, typer.Argument(help="A cause, or how causes begin and a *.")],
    why: Annotated[str, typer.Option(help="Why; everybody sees it.")],
    by: By,
    hours: Annotated[float, typer.Option(min=0.1, help="For how long; two weeks at most.")] = 4.0,
) -> None:
    """Have nobody told of a cause for a while; what still stands then is told."""
    now = clock.now()
    until = now + dt.timedelta(hours=hours)
    with connected():
        number = mutes.mute(region(), cause, by, why, until, now)
    say(f"Mute {number}: {cause} until {at_paris(until)}. `boostez alert unmute {number}` ends it.")


@app.command("unmute")
@guarded
def unmute(number: Annotated[int, typer.Argument(help="The mute's number.")], by: By) -> None:
    """End a mute."""
    with connected():
        if not mutes.unmute(region(), number, by, clock.now()):
            raise Refused(f"No mute {number} holds: `boostez alert list` shows those that do.")
    say(f"Mute {number} is ended.")


def _told(alert: Alert) -> str:
    if alert.acknowledged_by:
        return f"acknowledged by {alert.acknowledged_by}"
    if alert.muted_by:
        return f"not told ({alert.muted_by})"
    return f"{alert.notices} notices, told {len(alert.told)} addresses" if alert.told else "nobody told yet"
