"""``boostez question``: what residents ask, and deciding on it.

Belongs here: these commands. Does not: what a decision does (connectors/region/questions/moderation.py), or officers' pages (portal).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Annotated, get_args

import typer

from connectors import clock
from connectors.region.database import Region, region
from connectors.region.dialogues import dialogues
from connectors.region.questions import moderation, questions
from connectors.region.questions.questions import Question
from connectors.registry import dialogue_hub
from core import question_text
from core.dialogues import Rules
from core.questions import OPEN, State
from core.wording import excerpt
from deployments.command import By, Json, connected, guarded, one_of, print_list, print_told
from schemas.errors import Misconfigured

app = typer.Typer(no_args_is_help=True, help="Questions of residents to officials.")
Ref = Annotated[str, typer.Argument(help="The question's reference, q….")]
_SHOWN = 80  # characters of a question in a list


@app.command("list")
@guarded
def list_questions(
    state: Annotated[list[str] | None, typer.Option(help="Only in this state; again for more.")] = None,
    dialogue: Annotated[str | None, typer.Option(help="Only those put to it: its reference, d….")] = None,
    as_json: Json = False,
) -> None:
    """List the questions that wait for a moderator or an answer, the most urgent first."""
    wanted: list[State] = one_of("state", state or OPEN, get_args(State))
    with connected():
        found = questions.listed(region(), dialogue=_number(dialogue), states=wanted, sort="due", limit=1000)
    now = clock.now()
    print_list(found, lambda each: _line(each, now), "No such question.", as_json=as_json)


def _number(dialogue: str | None) -> int | None:
    if dialogue is None:
        return None
    found = dialogues.named(region(), dialogue)
    if found is None:
        raise Misconfigured(f"No dialogue {dialogue}: `boostez dialogue list` shows which there are.")
    return found.id


def _line(question: Question, now: dt.datetime) -> str:
    due = f"due {question.due_at:%Y-%m-%d}" if question.due_at else f"asked {question.asked_at:%Y-%m-%d}"
    late = " LATE" if question.late(now) else ""
    return f"{question.ref}  {question.state}  {due}{late}  {question.votes} votes  {excerpt(question.body, _SHOWN)}"


@app.command("show")
@guarded
def show(question: Ref, as_json: Json = False) -> None:
    """Show a question, what to look at in it, and public ones that it is like."""
    with connected():
        found = questions.named(region(), question)
        if found is None:
            raise Misconfigured(f"No question {question}: `boostez question list` shows which there are.")
        like = [each for each in questions.like(region(), found.body) if each.ref != found.ref]
    flags = question_text.flags(found.body)
    now = clock.now()
    notes = (("Look at", ", ".join(flags)), ("Reason", found.reason), ("Merged into", found.into))
    print_told(
        {"question": found, "flags": flags, "like": like},
        _line(found, now),
        f"{found.theme}, {found.origin}, {found.author or 'without a name'}\n\n{found.body}\n",
        *(f"{name}: {said}" for name, said in notes if said),
        *([f"{found.answered_by}: {found.answer}"] if found.answer else []),
        *(f"Like {_line(each, now)}" for each in like),
        as_json=as_json,
    )


@app.command("overdue")
@guarded
def overdue(as_json: Json = False) -> None:
    """List the questions that should have been answered by now."""
    now = clock.now()
    with connected():
        found = moderation.overdue(region(), now)
    print_list(found, lambda question: _line(question, now), "No answer is overdue.", as_json=as_json)


def _decided(step: Callable[[Region, Rules, dt.datetime], Question], *, as_json: bool) -> None:
    with connected() as chosen:
        question = step(region(), dialogue_hub(chosen).rules, clock.now())
    where = f" into {question.into}" if question.into else ""
    words = f"{question.ref} is {question.state}{where}: whom it concerns is told within a minute."
    print_told(question, words, as_json=as_json)


@app.command("publish")
@guarded
def publish(question: Ref, by: By, as_json: Json = False) -> None:
    """Have everybody read it and vote for it; the public clock begins."""
    _decided(lambda hub, rules, now: moderation.publish(hub, question, by, now, rules), as_json=as_json)


@app.command("refuse")
@guarded
def refuse(
    question: Ref,
    article: Annotated[
        str, typer.Argument(help="Of the charter in deployments/dialogue.toml: off_topic, say.")
    ],
    by: By,
    words: Annotated[str, typer.Option(help="In French, for its author alone.")] = "",
    as_json: Json = False,
) -> None:
    """Refuse it by an article of the charter, which its author reads. There is no undo."""
    _decided(
        lambda hub, rules, now: moderation.refuse(hub, question, article, words, by, now, rules.charter),
        as_json=as_json,
    )


@app.command("merge")
@guarded
def merge(
    question: Ref,
    into: Annotated[str, typer.Argument(help="The reference of the public question that asks the same.")],
    by: By,
    as_json: Json = False,
) -> None:
    """Have it lead to another, with its votes and whoever watches it. There is no undo."""
    _decided(lambda hub, _, now: moderation.merge(hub, question, into, by, now), as_json=as_json)


@app.command("answer")
@guarded
def answer(
    question: Ref,
    official: Annotated[str, typer.Argument(help="Who answers, as shown: name and office.")],
    file: Annotated[typer.FileText, typer.Argument(help="The answer, a text file; - for standard input.")],
    by: By,
    as_json: Json = False,
) -> None:
    """Answer it, or correct its answer; whoever asked or watches is told once."""
    words = file.read()
    _decided(lambda hub, _, now: moderation.answer(hub, question, words, official, by, now), as_json=as_json)
