"""The morning page: gathered from the database and Prefect, shown in the Prefect UI.

Belongs here: which lines there are, and what solves each. Does not: a page's form (core/morning.py), or deciding anything.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from connectors.region.alerting import alerts
from connectors.region.alerting.service_levels import service_levels
from connectors.region.cohorts import cohorts
from connectors.region.database import Region
from connectors.region.dialogues import move_proposals, seasons
from connectors.region.digests import approvals, editions
from connectors.region.ledger import channel_state
from connectors.region.offers import postings
from connectors.region.publishing import plans
from connectors.region.questions import moderation
from connectors.region.sessions.late_reminders import late_reminders
from connectors.registry import objectives
from connectors.settings import Settings
from core.digests.weeks import USEFUL
from core.morning import Button, Line, Morning, Part, late, level_line, markdown, span
from core.service_levels import Level
from tasks.runs_since import Ran, runs_since
from tasks.tell import RUNBOOK

KEY: Final = "morning"
DRIFT: Final = "drift "  # what the causes of alerts about it begin with (tasks/audit.py)
_DAY: Final = dt.timedelta(days=1)
_WEEK: Final = 7 * _DAY
_PAGE: Final = f"{RUNBOOK}/service-levels.md"


class Pages:
    """Where buttons are: a deployment's page, and a run's."""

    def __init__(self, ui: str, ran: Sequence[Ran]) -> None:
        self._ui = ui
        self._numbers = {each.name: each.deployment for each in ran}

    def press(self, does: str, name: str) -> Button | None:
        """The page of a deployment, when it is registered."""
        number = self._numbers.get(name)
        return Button(does, f"{self._ui}/deployments/deployment/{number}") if number else None

    def run(self, does: str, number: str | None) -> Button | None:
        """The page of a run, when there is one."""
        return Button(does, f"{self._ui}/runs/flow-run/{number}") if number else None


@task(name="gather-morning", retries=0, cache_policy=NO_CACHE)
def gather(region: Region, settings: Settings, now: dt.datetime) -> Morning:
    """Everything that is worth a look this morning."""
    ran = runs_since(now - _DAY, now)
    pages = Pages(settings.prefect_ui, ran)
    levels = service_levels(region, objectives(settings), now)
    standing = list(_alerts(region))
    told = (
        ("What ran since yesterday", "Nothing ran: is a worker up?", _ran(ran, pages)),
        ("What waits for a decision", "Nothing waits for a decision.", _decisions(region, pages, now)),
        ("What is parked, unknown or held", "Nothing is parked, unknown or held.", _channels(region, pages)),
        (
            "What drifts",
            "No channel is known to differ from the ledger.",
            (one for drifts, one in standing if drifts),
        ),
        ("What is late", "Nothing is late.", _late(region, pages, levels, now)),
        ("Alerts", "No other alert stands.", (one for drifts, one in standing if not drifts)),
        ("Service levels", "No objective is set.", (level_line(level, _PAGE) for level in levels)),
    )
    return Morning(now, tuple(Part(title, empty, tuple(lines)) for title, empty, lines in told))


@task(name="show-morning", retries=0, cache_policy=NO_CACHE)
def show(morning: Morning) -> None:
    """Leave the page as an artifact."""
    create_markdown_artifact(
        markdown=markdown(morning), key=KEY, description="What ran, waits, is stuck, drifts or is late"
    )


def _ran(ran: Sequence[Ran], pages: Pages) -> Iterator[Line]:
    """What did not end well, each on its own; then all that did, together."""
    for each in ran:
        if each.bad:
            figure = f"{each.bad} failed or crashed, {each.completed} completed"
            yield Line(
                each.name, figure, each.ended_at, pages.run(f"look at the newest ({each.state})", each.newest)
            )
    completed = [each for each in ran if each.completed and not each.bad]
    if completed:
        names = ", ".join(f"{each.name} {each.completed}" for each in completed)
        yield Line(f"Without a failure: {names}", f"{sum(each.completed for each in completed)} completed")


def _decisions(region: Region, pages: Pages, now: dt.datetime) -> Iterator[Line]:
    for plan in plans.waiting(region):
        answer = pages.run("answer the form", plan.flow_run) or pages.press("decide", "decide")
        yield Line(
            f"Plan {plan.id}: {plan.message}", "1", plan.raised_at, answer, f"boostez plan show {plan.id}"
        )
    if posted := postings.listed(region):
        answer = pages.run("answer the oldest", posted[0].flow_run)
        yield Line(
            "Offers that firms posted",
            str(len(posted)),
            posted[0].submitted_at,
            answer,
            "boostez posting list",
        )
    if asked := moderation.queue(region, now):
        oldest = min(each.question.asked_at for each in asked)
        yield Line(
            "Questions to moderate",
            str(len(asked)),
            oldest,
            pages.press("moderate", "moderate"),
            "boostez question list",
        )
    for move in move_proposals.waiting(region, now):
        what = f"Moved in calendar {move.calendar}: {move.title}"
        yield Line(
            what,
            "1",
            move.at,
            pages.press("decide", "decide-move"),
            f"boostez dialogue accept-move {move.id}",
        )
    for season in seasons.listed(region):
        if season.placed:
            what = f"Season {season.name}: a calendar is proposed"
            yield Line(
                what,
                f"{len(season.placed)} dialogues",
                season.proposed_at,
                None,
                f"boostez season show '{season.name}'",
            )
    for approval in approvals.waiting(region):
        answer = pages.run("answer the form", approval.flow_run)
        what = f"Digest of {approval.role}: nothing leaves before somebody has read it"
        yield Line(what, "1", approval.raised_at, answer, f"boostez digest preview {approval.role}")
    if proposed := cohorts.listed(region):
        yield Line("Cohorts proposed", str(len(proposed)), None, None, "boostez cohort list")


def _channels(region: Region, pages: Pages) -> Iterator[Line]:
    for name, standing in channel_state.standings(region).items():
        if standing.paused:
            yield Line(
                f"{name} is paused: {standing.paused_reason}",
                "",
                None,
                None,
                f"boostez channel resume {name}",
            )
        if standing.unknown:
            yield Line(
                f"{name}: may have happened",
                f"{standing.unknown} unknown",
                None,
                pages.press("look up now", "settle"),
            )
        if standing.parked:
            again = f"boostez replay effects --channel {name} --parked"
            yield Line(
                f"{name}: nobody can look it up",
                f"{standing.parked} parked",
                None,
                pages.press("send again", "effects"),
                again,
            )
        if standing.refused:
            again = f"boostez replay effects --channel {name}"
            yield Line(
                f"{name}: was refused",
                f"{standing.refused} refused",
                None,
                pages.press("try again", "effects"),
                again,
            )
        if standing.held:
            yield Line(
                f"{name}: kept back by a guard", f"{standing.held} held", None, None, "boostez plan list"
            )


def _late(region: Region, pages: Pages, levels: Sequence[Level], now: dt.datetime) -> Iterator[Line]:
    for level in late(levels):
        assert level.seen.now is not None, "what was never synced is not late"
        what = f"No good sync of {level.objective.of}"
        yield Line(
            what,
            span(level.seen.now),
            now - level.seen.now,
            pages.press("sync now", "changes"),
            "boostez sync offers",
        )
    if unsent := late_reminders(region, now):
        send = pages.press("send now", "reminders")
        yield Line(
            "Reminders due and not sent", str(unsent.number), unsent.since, send, "boostez reminders list"
        )
    for edition in editions.expired(region, now - _WEEK):
        what = f"Digest of {edition.role} for {edition.week}: not sent, it was too late"
        yield Line(
            what,
            f"{span(USEFUL)} at most",
            edition.due_at,
            pages.press("send by hand", "send-digest"),
            "boostez digest list",
        )
    if unanswered := moderation.overdue(region, now):
        answer = pages.press("answer", "answer-question")
        yield Line(
            "Questions not answered in time",
            str(len(unanswered)),
            unanswered[0].due_at,
            answer,
            "boostez question overdue",
        )


def _alerts(region: Region) -> Iterator[tuple[bool, Line]]:
    """Every open alert, and whether it is about drift."""
    for alert in alerts.unresolved(region):
        drifts = alert.cause.startswith(DRIFT)
        heal = f"boostez audit {alert.cause.removeprefix(DRIFT)} --heal"
        command = heal if drifts else f"boostez alert show {alert.id}"
        yield drifts, Line(alert.title, alert.severity or "", alert.raised_at, None, command)
