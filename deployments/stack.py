"""The local stack as other commands see it: where it is when it runs, or what is lent to one command when it does not.

Belongs here: the record in HOME/stack.json, the environment of every process, borrowing. Does not: the whole start (up.py).
"""

from __future__ import annotations

import fcntl
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import msgspec

from connectors.settings import PREFIX, ROOT, SECRETS, Settings
from deployments import orchestration, postgres, processes
from deployments.processes import Child, Mark
from schemas.errors import Misconfigured, Refused, Unreachable

WAIT: Final = 120.0  # seconds for a component to answer
PYTHON: Final = sys.executable


class Stack(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a stack's parts are. ``marks`` are its processes, the one that started them first."""

    home: str
    database_url: str
    prefect_api_url: str | None = None
    sandbox_url: str | None = None
    portal_port: int | None = None
    marks: tuple[Mark, ...] = ()
    settings: dict[str, str] = msgspec.field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """What its processes, and commands that use it, find in their environment."""
        told = {
            "BOOSTEZ_ROOT": str(ROOT),
            "BOOSTEZ_HOME": self.home,
            "BOOSTEZ_DATABASE_URL": self.database_url,
            **orchestration.CLIENT,
            "PREFECT_HOME": str(Path(self.home) / "prefect"),
            "PREFECT_RESULTS_LOCAL_STORAGE_PATH": str(Path(self.home) / "prefect" / "results"),
        }
        if self.prefect_api_url:
            told["PREFECT_API_URL"] = self.prefect_api_url
        if self.sandbox_url:
            told |= _sandbox_settings(self.sandbox_url)
        if self.portal_port:
            told["BOOSTEZ_PORTAL_PORT"] = str(self.portal_port)
        return told | {name: value for name, value in self.settings.items() if name not in os.environ}


def _sandbox_settings(url: str) -> dict[str, str]:
    """The sandbox's addresses, but for what the environment names."""
    told = {
        "BOOSTEZ_CONTRACTOR_URL": url,
        "BOOSTEZ_ALERT_URLS": f'["{url.replace("http:", "json:")}/inbox"]',
        "BOOSTEZ_SMTP_URL": mailbox_of(url),
        "BOOSTEZ_SMS_URL": gateway_of(url),
        "BOOSTEZ_DIGESTS_FILE": str(ROOT / "deployments" / "digests.sandbox.toml"),
    }
    if not os.environ.get("BOOSTEZ_OIDC_ISSUER"):
        told |= {"BOOSTEZ_OIDC_ISSUER": f"{url}/identity", "BOOSTEZ_OIDC_CLIENT_SECRET": "sandbox-secret"}
    if not os.environ.get("BOOSTEZ_FACEBOOK_GRAPH_URL"):
        told |= {
            "BOOSTEZ_FACEBOOK_GRAPH_URL": f"{url}/graph",
            "BOOSTEZ_FACEBOOK_APP_SECRET": "sandbox-app-secret",
        }
    return {name: os.environ.get(name) or value for name, value in told.items()}


def mailbox_of(sandbox_url: str) -> str:
    """The sandbox's mail relay: on the port after its own."""
    host, _, port = sandbox_url.removeprefix("http://").rpartition(":")
    return f"smtp://{host}:{int(port) + 1}"


def gateway_of(sandbox_url: str) -> str:
    """The sandbox's SMS gateway, as an address of Apprise's."""
    return f"{sandbox_url.replace('http:', 'json:')}/sms/{{phone}}?:reference={{marker}}"


def open_settings() -> dict[str, str]:
    """The BOOSTEZ_ settings of this process that are no secrets: whoever uses the stack must mean the same places."""
    return {
        name: value
        for name, value in os.environ.items()
        if name.startswith(PREFIX) and name.removeprefix(PREFIX).lower() not in SECRETS
    }


def running(home: Path) -> Stack | None:
    """The stack that runs in this state folder, None when there is none."""
    stack = recorded(home)
    return stack if stack and stack.marks and stack.marks[0].process() else None


def recorded(home: Path) -> Stack | None:
    """The stack that was last started in this state folder, running or not."""
    try:
        return msgspec.json.decode((home / "stack.json").read_bytes(), type=Stack)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def record(stack: Stack) -> None:
    """Write down where the stack is, for its owner's eyes."""
    file = Path(stack.home) / "stack.json"
    draft = file.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_bytes(msgspec.json.encode(stack))
    draft.replace(file)


def forget(home: Path) -> None:
    """The stack is down."""
    (home / "stack.json").unlink(missing_ok=True)


@contextmanager
def owned(home: Path, *, wait: bool) -> Iterator[None]:
    """Be the only one who starts and stops processes in this state folder; what a killed owner left is ended first.

    Raises:
        Refused: somebody else is, and ``wait`` is False.

    """
    home.mkdir(parents=True, exist_ok=True)
    with (home / "stack.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not wait:
                raise Refused(
                    f"Another `boostez` is starting or running in {home}. Stop it first, or set BOOSTEZ_HOME to another folder."
                ) from None
            sys.stderr.write(f"boostez: waiting for another command that uses {home}\n")
            fcntl.flock(lock, fcntl.LOCK_EX)
        if left := recorded(home):
            processes.end(left.marks[1:])
            forget(home)
        yield


@contextmanager
def borrowed(settings: Settings, *, prefect: bool, sandbox: bool) -> Iterator[Stack]:
    """A stack for one command: the running one, or just what is needed, started and stopped again.

    Raises:
        Misconfigured: in production something would have to be started.

    """
    home = settings.home.resolve()
    if stack := running(home):
        yield _with_own_addresses(stack, settings)
        return
    needs_database = settings.database_url is None
    needs_prefect = prefect and "PREFECT_API_URL" not in os.environ
    needs_sandbox = sandbox and not (settings.contractor_url and settings.facebook_graph_url)
    if settings.production:
        _check_nothing_missing(
            {
                "BOOSTEZ_DATABASE_URL": needs_database,
                "PREFECT_API_URL": needs_prefect,
                "BOOSTEZ_CONTRACTOR_URL and BOOSTEZ_FACEBOOK_GRAPH_URL": needs_sandbox,
            }
        )
    already = needs_sandbox and _answers(f"{settings.sandbox_url}/_sandbox/healthz")
    with ExitStack() as ending:
        if needs_prefect or needs_sandbox:  # a database alone is shared by whoever wants it
            ending.enter_context(owned(home, wait=True))
        server = start_postgres(home, ending) if needs_database or needs_prefect else None
        stack = Stack(str(home), database_address(settings, server))
        if needs_prefect or (needs_sandbox and not already):
            sys.stderr.write(
                "boostez: no stack is running, starting what this command needs (`boostez up` keeps one)\n"
            )
        children = []
        if needs_sandbox:
            stack = msgspec.structs.replace(stack, sandbox_url=settings.sandbox_url)
        if needs_sandbox and not already:
            children.append(start_sandbox(settings, stack, ending))
        if needs_prefect:
            assert server is not None
            stack = msgspec.structs.replace(stack, prefect_api_url=prefect_url(settings))
            children.append(start_prefect(settings, stack, server, ending))
        record_borrowed(stack, children)
        for child in children:
            until_answers(child, health(settings, child))
        yield stack


def _check_nothing_missing(needed: dict[str, bool]) -> None:
    if missing := [name for name, wanted in needed.items() if wanted]:
        raise Misconfigured(f"In production nothing is stood in for: set {', '.join(missing)}.")


def _with_own_addresses(stack: Stack, settings: Settings) -> Stack:
    """The running stack, but what the environment names goes before what the stack has."""
    own = settings.database_url
    return msgspec.structs.replace(
        stack,
        database_url=own.get_secret_value() if own else stack.database_url,
        prefect_api_url=os.environ.get("PREFECT_API_URL") or stack.prefect_api_url,
    )


def record_borrowed(stack: Stack, children: list[Child]) -> None:
    """So that the next command ends what this one leaves when it is killed. Not a running stack: no owner's mark."""
    if children:
        gone = Mark("borrower", 0, 0.0)
        record(msgspec.structs.replace(stack, marks=(gone, *(child.mark for child in children))))


def health(settings: Settings, child: Child) -> str:
    """Where a part that serves says that it does."""
    return {
        "prefect": f"{prefect_url(settings)}/ready",
        "sandbox": f"{settings.sandbox_url}/_sandbox/healthz",
        "portal": f"http://127.0.0.1:{settings.portal_port}/healthz",
    }[child.name]


def database_address(settings: Settings, server: postgres.Server | None) -> str:
    """The Region's database: the settings', or the embedded one."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    assert server is not None
    return server.url("boostez")


def prefect_url(settings: Settings) -> str:
    """The API of the stack's Prefect server."""
    return f"http://127.0.0.1:{settings.prefect_port}/api"


def start_postgres(home: Path, ending: ExitStack) -> postgres.Server:
    """The embedded server with its two databases; stopped with ``ending``."""
    server = postgres.start(home / "postgres")
    ending.callback(server.stop)
    server.create_database("boostez")
    server.create_database("prefect")
    return server


def start_child(
    name: str, command: list[str], environment: dict[str, str], home: str, ending: ExitStack
) -> Child:
    """A process of the stack; ended with ``ending``."""
    child = Child(name, command, {**os.environ, **environment}, Path(home) / "logs")
    ending.callback(processes.end, [child.mark])
    return child


def check_sandbox_ports(settings: Settings) -> None:
    """The sandbox's port and its mail relay's.

    Raises:
        Misconfigured: one is taken.

    """
    for port in (settings.sandbox_port, settings.sandbox_port + 1):
        processes.check_port(port, "BOOSTEZ_SANDBOX_PORT")


def start_sandbox(settings: Settings, stack: Stack, ending: ExitStack) -> Child:
    """The stand-ins."""
    check_sandbox_ports(settings)
    state = Path(stack.home) / "sandbox.sqlite"
    command = [
        PYTHON,
        "-m",
        "sandbox",
        str(settings.sandbox_port),
        str(state),
    ]  # its own room: quick to import
    return start_child("sandbox", command, stack.environment(), stack.home, ending)


def start_prefect(settings: Settings, stack: Stack, server: postgres.Server, ending: ExitStack) -> Child:
    """The Prefect server and its UI, on the embedded PostgreSQL."""
    processes.check_port(settings.prefect_port, "BOOSTEZ_PREFECT_PORT")
    environment = {
        **stack.environment(),
        **orchestration.server(settings, server.url("prefect")),
        "PREFECT_API_URL": prefect_url(settings),
    }
    command = [
        PYTHON,
        "-m",
        "prefect",
        "server",
        "start",
        "--host",
        "127.0.0.1",
        "--port",
        str(settings.prefect_port),
    ]
    return start_child("prefect", command, environment, stack.home, ending)


def until_answers(child: Child, address: str) -> float:
    """Wait until a component answers 200; the seconds it took.

    Raises:
        Unreachable: it ended, or did not answer in time.

    """
    begun = time.monotonic()
    while time.monotonic() - begun < WAIT:
        child.check()
        if _answers(address):
            return time.monotonic() - begun
        time.sleep(0.1)
    raise Unreachable(
        f"{child.name} did not answer at {address} in {WAIT:.0f} s. The end of {child.log}:\n{child.tail()}"
    )


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
