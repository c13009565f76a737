"""Archives: pg_dump's custom format, written and read by PostgreSQL's own programs.

Belongs here: which programs, how they find the server, their progress and their errors. Does not: what a backup is besides
(backup.py), or in which database an archive is put (restore.py).

Nothing secret is on a command line, where everybody on the machine reads it: addresses and passwords go by environment.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Final

import msgspec
from psycopg import conninfo, pq

from connectors.region.database import Region
from connectors.region.upkeep import beside
from deployments import postgres
from deployments.bars import Listener
from deployments.processes import die_with_parent
from schemas.errors import Misconfigured, Permanent

_MAJOR: Final = re.compile(r"\(PostgreSQL\) (\d+)")
_TABLE: Final = re.compile(r'(?:dumping contents of|processing data for) table "(?:public\.)?(.+)"')
_DATA: Final = re.compile(r"^\d+; \d+ \d+ TABLE DATA (\S+) (\S+) ", re.MULTILINE)
_ENTRY: Final = re.compile(r"from TOC entry \d+; \d+ \d+ (.*)")
_IGNORED: Final = re.compile(r"errors ignored on restore: (\d+)")
# What a restore can do without: rights of roles that this server lacks, extensions of an administrator's. One that the
# tables need is missed by the tables themselves, and that is an error.
_DISPENSABLE: Final = ("ACL ", "DEFAULT ACL ", "EXTENSION ", "COMMENT ")
_NEWER: Final = (
    'parameter "transaction_timeout"'  # pg_restore 17 and newer set it on servers that do not know it
)


class Programs(msgspec.Struct, frozen=True):
    """pg_dump and pg_restore of one version."""

    pg_dump: str
    pg_restore: str
    major: int


def programs(needed: int) -> Programs:
    """Programs of at least this major version: those on PATH, else the embedded PostgreSQL's.

    Raises:
        Misconfigured: neither is new enough.

    """
    folders = (None, str(postgres.binaries()))
    found = [tools for folder in folders if (tools := _found(folder))]
    for tools in found:
        if tools.major >= needed:
            return tools
    raise Misconfigured(
        f"pg_dump and pg_restore of PostgreSQL {needed} or newer are needed, there are {found[-1].major} at most: "
        f"install the client programs of PostgreSQL {needed} and put them first on PATH."
    )


def _found(folder: str | None) -> Programs | None:
    paths = [shutil.which(name, path=folder) for name in ("pg_dump", "pg_restore")]
    if None in paths:
        return None
    majors = [_major(str(path)) for path in paths]
    return Programs(str(paths[0]), str(paths[1]), majors[0]) if majors[0] and majors[0] == majors[1] else None


def _major(program: str) -> int:
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    version = _MAJOR.search(told.stdout)
    return int(version[1]) if version else 0


def dump(
    region: Region, tools: Programs, snapshot: str, into: IO[bytes], rows: Mapping[str, int], tell: Listener
) -> None:
    """Write the database, as of an exported snapshot, into a file.

    Raises:
        Permanent: pg_dump says why not.

    """
    command = [
        *(tools.pg_dump, "--format=custom", "--verbose", "--no-password", f"--snapshot={snapshot}"),
        "--no-unlogged-table-data",  # of the run under way: its spool is not in the backup either
        "--lock-wait-timeout=60s",  # behind a migration
    ]
    heard = _Counting("backup", rows, tell)
    ended, said = _run(command, region, heard, stdout=into)
    if ended:
        raise Permanent(
            f"pg_dump {ended}: {_trouble(said)} Nothing is kept of it: see that there is room, and run it again."
        )
    heard.finish()


def contents(tools: Programs, archive: IO[bytes]) -> set[str]:
    """The tables whose rows an archive holds, by its own list.

    Raises:
        Permanent: pg_restore cannot read it.

    """
    archive.seek(0)
    told = subprocess.run(  # noqa: S603 - our own command
        [tools.pg_restore, "--list"], stdin=archive, capture_output=True, text=True, check=False
    )
    if told.returncode:
        raise Permanent(f"pg_restore cannot read it: {_trouble(told.stderr.splitlines())}")
    return {name if schema == "public" else f"{schema}.{name}" for schema, name in _DATA.findall(told.stdout)}


def restore(
    region: Region,
    tools: Programs,
    archive: IO[bytes],
    rows: Mapping[str, int],
    tell: Listener,
) -> list[str]:
    """Put an archive into an empty database, as its owner's. Returns what it could do without, as words.

    Raises:
        Permanent: pg_restore says why not.

    """
    archive.seek(0)
    owner = f"--role={beside.owner_of(region)}"
    command = [tools.pg_restore, "--verbose", "--no-password", "--no-owner", owner]
    heard = _Counting("restore", rows, tell)
    ended, said = _run(command, region, heard, stdin=archive)
    errors = _errors(said)
    serious = [message for entry, message in errors if not _dispensable(entry, message)]
    ignored = _IGNORED.search("\n".join(said[-1:]))  # not said by a pg_restore that gave up
    if ended and (serious or not ignored or int(ignored[1]) != len(errors)):
        raise Permanent(f"pg_restore {ended}: {' '.join(serious[:3]) or _trouble(said)}")
    heard.finish()
    return [
        f"{entry}: {message}"
        for entry, message in errors
        if _NEWER not in message and not entry.startswith("COMMENT ")
    ]


def _errors(said: Sequence[str]) -> list[tuple[str, str]]:
    """The archive's entry and the message of every error."""
    found, entry = [], ""
    for line in said:
        if match := _ENTRY.search(line):
            entry = match[1]
        elif "pg_restore: error: " in line:
            found.append((entry, line.partition("error: ")[2]))
    return found


def _dispensable(entry: str, message: str) -> bool:
    return message.startswith("could not execute query") and (
        entry.startswith(_DISPENSABLE) or _NEWER in message
    )


def _trouble(said: Sequence[str]) -> str:
    """What a program said of its trouble, without its progress."""
    telling = [line for line in said if re.match(r"pg_\w+: (error|detail|hint|warning): ", line)]
    return " ".join((telling or said)[-3:]) + ("." if said else "it said nothing.")


class _Counting:
    """Rows done, told as a program goes from table to table."""

    def __init__(self, stage: str, rows: Mapping[str, int], tell: Listener) -> None:
        self._stage, self._rows, self._tell = stage, rows, tell
        self._done, self._under_way, self._total = 0, "", sum(rows.values())
        tell(stage, 0, self._total)

    def __call__(self, line: str) -> None:
        if match := _TABLE.search(line):
            ended, self._under_way = self._rows.get(self._under_way, 0), match[1]
            self._done += ended
            if ended:
                self._tell(self._stage, self._done, self._total)

    def finish(self) -> None:
        self._tell(self._stage, self._total, self._total)


def _run(
    command: Sequence[str],
    region: Region,
    heard: Callable[[str], None],
    stdin: IO[bytes] | int = subprocess.DEVNULL,
    stdout: IO[bytes] | int = subprocess.DEVNULL,
) -> tuple[str, list[str]]:
    """Run a program on a database; how it ended, empty when well, and everything it said, line by line."""
    variables, plain = address(region)
    database = conninfo.make_conninfo(**(plain | {"dbname": beside.name_of(region)}))
    process = subprocess.Popen(  # noqa: S603 - our own command
        [*command, f"--dbname={database}"],
        env={**os.environ, "LC_ALL": "C", **variables, "PGAPPNAME": "boostez backup"},
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,  # Ctrl-C is for us: we end it
        preexec_fn=die_with_parent,  # noqa: PLW1509 - started from one thread
    )
    assert process.stderr is not None
    said: list[str] = []
    try:
        for line in process.stderr:
            said.append(line.rstrip("\n"))
            heard(said[-1])
        return _ended(process.wait()), said
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
        process.stderr.close()


def _ended(code: int) -> str:
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with code {code}" if code else ""


def address(region: Region) -> tuple[dict[str, str], dict[str, str]]:
    """The database's address as variables of the environment, and what of it has no variable.

    Raises:
        Misconfigured: a secret has none.

    """
    _, told = region.engine.dialect.create_connect_args(region.engine.url)
    known = {option.keyword.decode(): option for option in pq.Conninfo.get_defaults()}
    given = {name: value for name, value in told.items() if name in known and name != "dbname"}
    plain = {name: str(value) for name, value in given.items() if not known[name].envvar}
    if secret := next((name for name in plain if known[name].dispchar == b"*"), None):
        raise Misconfigured(
            f"{secret} cannot be given to pg_dump safely: take it out of BOOSTEZ_DATABASE_URL."
        )
    variables = {name: envvar.decode() for name in given if (envvar := known[name].envvar)}
    return {variables[name]: str(given[name]) for name in variables}, plain
