"""``boostez up``: everything on one machine, a first sync, then watch over it until Ctrl-C.

Belongs here: which parts, in which order, and what is told of them. Does not: how a part starts (stack.py, postgres.py).
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

import msgspec

from connectors.region import migrations
from connectors.region.database import Region, wait_for
from connectors.settings import Settings, settings
from deployments import orchestration, prefect_api, processes, stack
from deployments.processes import Child
from deployments.stack import PYTHON, Stack
from schemas.errors import Misconfigured, Unreachable

_BOOSTEZ: Final = [PYTHON, "-m", "deployments"]
EVERY: Final = 0.5  # seconds between looks at the children
INSIST: Final = 0.5  # seconds between two times a stop is raised, until it arrives


class Stopped(Exception):
    """Somebody asked us to stop."""


def up(*, once: bool) -> int:
    """Start the stack, sync, and stay until SIGINT or SIGTERM; ``once`` ends after the first sync. The exit code.

    Raises:
        Misconfigured: a port is taken, or this is production. Nothing was started.
        Refused: another stack runs in this state folder.
        Unreachable: a part did not start, or ended by itself.

    """
    chosen = settings()
    if chosen.production:
        raise Misconfigured("`boostez up` is for one machine's tries: in production see docs/operating.md.")
    home = chosen.home.resolve()
    os.environ.update(orchestration.client(chosen))
    with ExitStack() as ending, _signals():
        try:
            ending.enter_context(stack.owned(home, wait=False))
            _check_ports(chosen)
            try:
                return _run(chosen, home, ending, once=once)
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)  # nothing interrupts the end
        except Stopped:
            _say("stopping")
            return 0


def _run(chosen: Settings, home: Path, ending: ExitStack, *, once: bool) -> int:
    begun = time.monotonic()
    server = stack.start_postgres(home, ending)
    _ready("PostgreSQL", begun)
    lent = Stack(
        str(home),
        stack.database_address(chosen, server),
        stack.prefect_url(chosen),
        chosen.sandbox_url if _needs_sandbox(chosen) else None,
        chosen.portal_port,
        settings=stack.open_settings(),
    )
    ending.callback(stack.forget, home)
    children = [stack.start_prefect(chosen, lent, server, ending)]
    if lent.sandbox_url:
        children.append(stack.start_sandbox(chosen, lent, ending))
    _record(lent, children)
    _migrate(lent)
    _ready("database", begun)
    children.append(stack.start_child("portal", [*_BOOSTEZ, "portal"], lent.environment(), lent.home, ending))
    _record(lent, children)
    for child in sorted(children, key=lambda each: each.name == "prefect"):  # the slowest last
        stack.until_answers(child, stack.health(chosen, child))
        _ready(child.name, begun)
    _close_interrupted(stack.prefect_url(chosen))
    deploy = stack.start_child("deploy", [*_BOOSTEZ, "deploy"], lent.environment(), lent.home, ending)
    code = _first_sync(lent, ending, children)
    if deploy.wait() != 0:
        raise Unreachable(f"The deployments of prefect.yaml could not be registered:\n{deploy.tail()}")
    worker = [*_BOOSTEZ, "worker", "--name", "local"]
    children.append(stack.start_child("worker", worker, lent.environment(), lent.home, ending))
    _record(lent, children)
    for child in children:
        child.check()
    _addresses(chosen)
    if once:
        return code
    _say("Everything runs. Ctrl-C stops it.")
    while True:
        for child in children:
            child.check()
        time.sleep(EVERY)


def _needs_sandbox(chosen: Settings) -> bool:
    return not (chosen.contractor_url and chosen.facebook_graph_url)


def _check_ports(chosen: Settings) -> None:
    processes.check_port(chosen.prefect_port, "BOOSTEZ_PREFECT_PORT")
    processes.check_port(chosen.portal_port, "BOOSTEZ_PORTAL_PORT")
    if _needs_sandbox(chosen):
        stack.check_sandbox_ports(chosen)


def _record(lent: Stack, children: list[Child]) -> None:
    marks = (processes.this_process("up"), *(child.mark for child in children))
    stack.record(msgspec.structs.replace(lent, marks=marks))


def _migrate(lent: Stack) -> None:
    region = Region(lent.database_url)
    try:
        wait_for(region)
        region.check_server()
        migrations.upgrade(region)
    finally:
        region.dispose()


def _close_interrupted(api: str) -> None:
    """Tell Prefect that runs which an earlier stack left under way have crashed, or are cancelled as somebody wanted.

    The automation that hears their silence would, up to three minutes later; until then each holds the one place of its
    deployment, so that every later run is cancelled ("Deployment concurrency limit reached"). Those that may are run again
    by another (automations.py), like every run that died.
    """
    under_way = {"flow_runs": {"state": {"type": {"any_": ["PENDING", "RUNNING", "CANCELLING"]}}}}
    for run in prefect_api.post(api, "flow_runs/filter", under_way):
        ended = "CANCELLED" if run["state_type"] == "CANCELLING" else "CRASHED"
        state = {"type": ended, "message": "The stack was stopped while this run was under way."}
        prefect_api.post(api, f"flow_runs/{run['id']}/set_state", {"state": state})


def _first_sync(lent: Stack, ending: ExitStack, children: list[Child]) -> int:
    """The first sync, in a process of its own on this terminal; its exit code.

    Raises:
        Unreachable: a part of the stack ended meanwhile.

    """
    command = [*_BOOSTEZ, "sync", "offers", "--full"]
    sync = Child("sync", command, {**os.environ, **lent.environment()}, None)
    ending.callback(processes.end, [sync.mark])
    _record(lent, [*children, sync])
    while (code := sync.code()) is None:
        for child in children:
            child.check()
        time.sleep(0.1)
    return code


def _addresses(chosen: Settings) -> None:
    _say(f"  Prefect UI   http://127.0.0.1:{chosen.prefect_port}")
    _say(f"  Open portal  {chosen.public_url}")
    _say(f"  Officers     {chosen.public_url}/agents")
    _say(f"  Feeds        {chosen.feeds} (on the portal: {chosen.public_url}/feeds)")
    if _needs_sandbox(chosen):
        _say(f"  Sandbox      {chosen.sandbox_url}/_sandbox/truth (mails: …/mails, texts: …/texts)")


def _ready(name: str, begun: float) -> None:
    _say(f"  {name} ready after {time.monotonic() - begun:.1f} s")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@contextmanager
def _signals() -> Iterator[None]:
    """Raise ``Stopped`` on a signal, and again until it arrives.

    The interpreter drops what is raised while it runs a destructor or the hooks of a fork.
    """

    def stop(_number: int, _frame: FrameType | None) -> NoReturn:
        for number in asking:
            signal.signal(number, signal.SIG_IGN)  # once is enough
        signal.setitimer(signal.ITIMER_REAL, INSIST, INSIST)
        raise Stopped

    asking = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, stop) for number in (*asking, signal.SIGALRM)}
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)
