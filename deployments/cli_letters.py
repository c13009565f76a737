"""``boostez letters``: what people receive, to be read before they do.

Belongs here: this command. Does not: the letters (connectors/mail, connectors/sms) or the example values (letter_examples.py).
"""

from __future__ import annotations

from typing import Annotated

import typer

from connectors.mail.wire import Letter
from connectors.reminder_rules import reminder_rules
from connectors.settings import settings
from connectors.sms.wire import Text, cost, whole
from deployments import letter_examples
from deployments.command import Json, guarded, print_json, say
from schemas.errors import Misconfigured

app = typer.Typer(no_args_is_help=True, help="The letters and texts that people receive.")


@app.command("show")
@guarded
def show(
    kind: Annotated[str | None, typer.Argument(help="Only this one; `reminder.several`, say.")] = None,
    as_json: Json = False,
) -> None:
    """Print every letter and text with example values. Their links open nothing."""
    chosen = settings()
    found = letter_examples.letters(chosen, reminder_rules(chosen.reminders_file))
    if kind is not None and kind not in found:
        raise Misconfigured(f"No letter {kind!r}: there are {', '.join(found)}.")
    wanted = {name: letter for name, letter in found.items() if kind in {None, name}}
    if as_json:
        print_json({name: _told(letter) for name, letter in wanted.items()})
        return
    for name, letter in wanted.items():
        _print(name, letter)


def _told(letter: Letter | Text) -> dict[str, object]:
    if isinstance(letter, Text):
        return {"by": "sms", "text": whole(letter), "messages": cost(letter)}
    return {
        "by": "mail",
        "subject": letter.subject,
        "text": letter.text,
        "calendar": letter.calendar and letter.calendar.content.decode(),
        "unsubscribe": letter.unsubscribe,
    }


def _print(name: str, letter: Letter | Text) -> None:
    if isinstance(letter, Text):
        say(f"--- {name} (SMS, {cost(letter)} message{'s' if cost(letter) > 1 else ''})")
        say(f"{whole(letter)}\n")
        return
    with_it = f", with a calendar's {letter.calendar.method}" if letter.calendar else ""
    say(f"--- {name} (mail{with_it})")
    say(f"{letter.subject}\n\n{letter.text}")
