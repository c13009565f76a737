"""What every command shares: its connection to a stack, its errors as exit codes, its JSON.

Belongs here: helpers of the command line's files (cli*.py). Does not: any command.

Exit codes: 0 done, 2 bad usage or settings, 3 finished with something refused or quarantined beyond its budget, 4 an
outside system unreachable.
"""

from __future__ import annotations

import getpass
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from importlib import import_module
from typing import Annotated, Any, NoReturn, ParamSpec, TypeVar

import msgspec
import typer

from connectors import logs
from connectors.region import migrations
from connectors.region.access import acts
from connectors.region.access.acts import Where
from connectors.region.database import Region, safe_region
from connectors.settings import Settings, settings
from deployments import orchestration, stack
from schemas import documents
from schemas.errors import BoostezError, Misconfigured, Refused, Rejected, RetryLater

DONE, BAD_USAGE, NOT_ALL, AWAY = 0, 2, 3, 4
P = ParamSpec("P")
T = TypeVar("T")


def user() -> str:
    """Who types: BOOSTEZ_BY, or whom the machine knows. In a container it knows nobody, or always the same."""
    try:
        return os.environ.get("BOOSTEZ_BY") or getpass.getuser()
    except (KeyError, OSError):
        return acts.NOBODY


def _named() -> str:
    if (who := user()) == acts.NOBODY:
        raise typer.BadParameter("nobody is known to type here: say who you are, with --by or BOOSTEZ_BY.")
    return who


By = Annotated[
    str, typer.Option(help="Who does it: it is noted.", default_factory=_named, show_default="you")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON on the standard output, nothing else.")]


def guarded(command: Callable[P, None]) -> Callable[P, None]:
    """Turn errors of the one tree into a message and an exit code."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            with acts.acting(Where("command line", by=user())):
                command(*args, **kwargs)
        except BoostezError as error:
            _fail(error)

    return run


def _fail(error: BoostezError) -> NoReturn:
    if logs.in_json():
        logging.getLogger(logs.OURS).error("%s", error)
    else:
        sys.stderr.write(f"boostez: {error}\n")
    match error:
        case RetryLater():
            raise typer.Exit(AWAY)
        case Refused() | Rejected():
            raise typer.Exit(NOT_ALL)
        case _:
            raise typer.Exit(BAD_USAGE)


@contextmanager
def connected(*, prefect: bool = False, sandbox: bool = False, schema: bool = True) -> Iterator[Settings]:
    """The settings of a running stack, or of what is started for this one command; server and version are checked."""
    with stack.borrowed(settings(), prefect=prefect, sandbox=sandbox) as lent:
        os.environ.update(lent.environment() | orchestration.client(settings()))
        settings.cache_clear()
        if schema:
            check_schema(safe_region())
        yield settings()


def check_schema(database: Region) -> None:
    """Make an empty database ready; refuse one of another version.

    Raises:
        Misconfigured: it is of another version, or its server is not to be trusted; the message says what to do.

    """
    now, needed = migrations.current(database), migrations.newest(database)
    if now is None:
        database.check_server()
        migrations.upgrade(database)
    elif now != needed:
        raise Misconfigured(
            f"The database is at version {now}, this code needs {needed}: run `boostez db upgrade`."
        )


def print_json(value: object) -> None:
    """The one form of ``--json``."""
    sys.stdout.write(json.dumps(msgspec.to_builtins(value), ensure_ascii=False, indent=2) + "\n")


def print_told(value: object, *lines: str, as_json: bool) -> None:
    """What came of a command: as JSON, or in words."""
    if as_json:
        print_json(value)
        return
    for line in lines:
        say(line)


def print_list(found: Sequence[T], line: Callable[[T], str], none: str, *, as_json: bool) -> None:
    """What there is: as JSON, or a line each; ``none`` says that there is nothing."""
    print_told(found, *(map(line, found) if found else [none]), as_json=as_json)


def one_of(what: str, words: Sequence[str], there_are: Sequence[T]) -> list[T]:
    """Words of an option that may be repeated, in the order of what there is: such an option has no choices of its own.

    Raises:
        Misconfigured: one is none of them; the message names all.

    """
    if unknown := sorted(set(words) - {*map(str, there_are)}):
        raise Misconfigured(f"No {what} {', '.join(unknown)}: there are {', '.join(map(str, there_are))}.")
    return [each for each in there_are if each in words]


def sure(question: str, *, yes: bool) -> None:
    """Ask before what has no undo, unless ``--yes`` answered.

    Raises:
        Misconfigured: the answer is no, or there is nobody to ask.

    """
    if yes:
        return
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    answer = sys.stdin.readline()
    if answer.strip().lower() not in {"y", "yes"}:
        sys.stderr.write("" if answer else "\n")  # nobody was there, so nobody ended the line
        raise Misconfigured("Nothing was done: there is no undo, so answer y, or add --yes.")


def say(line: str) -> None:
    """A line on the standard output; what outside systems said in it cannot steer the terminal."""
    sys.stdout.write(f"{documents.visible(line)}\n")


def note(line: str) -> None:
    """A line of a process that goes on: said, or logged where logs are JSON."""
    if logs.in_json():
        logging.getLogger(logs.OURS).info("%s", line)
    else:
        say(line)
        sys.stdout.flush()


def quiet_prefect() -> None:
    """The terminal shows progress, figures and one line of trouble; the whole log is in the Prefect UI."""
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")


def run_flow(flow: str, /, *, sandbox: bool = False, **asked: Any) -> dict[str, Any]:
    """What a flow returns that is run here, connected: ``dialogues:announce_dialogue`` of flows/, imported when it is needed.

    Raises:
        Misconfigured: a parameter is not what the flow's form takes.

    """
    module, _, name = flow.partition(":")
    with connected(prefect=True, sandbox=sandbox):
        quiet_prefect()
        run: Callable[..., dict[str, Any]] = getattr(import_module(f"flows.{module}"), name)
        with running_flow():
            return run(**asked)


@contextmanager
def running_flow() -> Iterator[None]:
    """What a flow run in this process needs: its whole log sent before the server may be stopped, and no heartbeat.

    A sync flow ends up to a second late while the heartbeat's thread sleeps, and no variable turns that off.

    Raises:
        Misconfigured: a parameter is not what the flow's form takes; the message names it.

    """
    from prefect.exceptions import ParameterTypeError
    from prefect.logging.handlers import APILogHandler
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    try:
        with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
            yield
    except ParameterTypeError as error:
        raise Misconfigured(str(error)) from error
    finally:
        APILogHandler().flush()
