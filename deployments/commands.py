"""What every command of the command line shares: exit codes, errors as messages, the settings of a stack, JSON.

Belongs here: nothing that one command alone needs. Does not: the commands (cli.py, cli_database.py).
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Annotated, NoReturn, ParamSpec

import msgspec
import typer

from connectors.region import migrations
from connectors.region.database import Region
from connectors.settings import Settings, settings
from deployments import stack
from schemas.errors import BoostezError, Misconfigured, Refused, Rejected, RetryLater

DONE, BAD_USAGE, NOT_ALL, AWAY = 0, 2, 3, 4
P = ParamSpec("P")

Json = Annotated[bool, typer.Option("--json", help="Print JSON on the standard output, nothing else.")]


def guarded(command: Callable[P, None]) -> Callable[P, None]:
    """Turn errors of the one tree into a message and an exit code."""

    @wraps(command)
    def reporting(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except BoostezError as error:
            _fail(error)

    return reporting


def _fail(error: BoostezError) -> NoReturn:
    sys.stderr.write(f"boostez: {error}\n")
    match error:
        case RetryLater():
            raise typer.Exit(AWAY)
        case Refused() | Rejected():
            raise typer.Exit(NOT_ALL)
        case _:
            raise typer.Exit(BAD_USAGE)


@contextmanager
def connected(*, prefect: bool = False, sandbox: bool = False) -> Iterator[Settings]:
    """The settings of a running stack, or of what is started for this one command."""
    with stack.borrowed(settings(), prefect=prefect, sandbox=sandbox) as lent:
        os.environ.update(lent.environment())
        settings.cache_clear()
        yield settings()


def print_json(value: object) -> None:
    """Print a value of ours as JSON."""
    sys.stdout.write(json.dumps(msgspec.to_builtins(value), ensure_ascii=False, indent=2) + "\n")


def check_schema(database: Region) -> None:
    """See that the database is of this code's version; an empty one is made so.

    Raises:
        Misconfigured: it is of another, or its server is not to be trusted.

    """
    now, needed = migrations.current(database), migrations.newest(database)
    if now is None:
        database.check_server()
        migrations.upgrade(database)
    elif now != needed:
        raise Misconfigured(
            f"The database is at version {now}, this code needs {needed}: run `boostez db upgrade`."
        )
