"""LHEO files made to exhaust or to betray their reader: refused with a reason, in bounded memory and time.

Each is read in a process of its own, whose memory and processor time the system bounds.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from connectors import files
from connectors.lheo import client
from schemas.errors import Rejected
from tests.connectors.lheo.catalogue import xml

ROOT = Path(__file__).parents[3]
MB = 1 << 20
READ = """
import json, resource, sys
from pathlib import Path
from connectors.lheo import client
from schemas.errors import Rejected
resource.setrlimit(resource.RLIMIT_CPU, (30, 30))
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
def peak():  # of this process alone: getrusage counts what its parent had
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
before = peak()
count = size = 0
said, leaked = None, False
try:
    for payload in client.read(Path(sys.argv[1])):
        count, size = count + 1, size + len(payload)
        leaked = leaked or b"canary" in payload
except Rejected as error:
    said = str(error)
print(json.dumps({"count": count, "size": size, "said": said, "leaked": leaked or "canary" in (said or ""),
    "mb": peak() - before, "seconds": resource.getrusage(resource.RUSAGE_SELF).ru_utime}))
"""
LHEO = '<lheo xmlns="http://lheo.gouv.fr/2.3"><offres>'
END = "</offres></lheo>"
LOL = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
PERCENT = "".join(f"<!ENTITY % p{n} '{f'&#37;p{n - 1};' * 10}'>" for n in range(1, 12))


def reads(path: Path) -> dict[str, Any]:
    """What became of reading a file in a process that the system bounds."""
    ended = subprocess.run(
        [sys.executable, "-c", READ, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


def attributes(prefix: str, count: int) -> str:
    return " ".join(f'{prefix}{number}="{number}"' for number in range(count))


BOMBS: dict[str, tuple[Callable[[], str], str]] = {
    "billion laughs": (
        lambda: f'<!DOCTYPE lheo [<!ENTITY l0 "lol">{LOL}]>{LHEO}<formation>&l11;</formation>{END}',
        "declares a document type",
    ),
    "billion laughs in an attribute": (
        lambda: f'<!DOCTYPE lheo [<!ENTITY l0 "lol">{LOL}]><lheo x="&l11;"/>',
        "",
    ),
    "billion laughs of parameter entities": (
        lambda: f"<!DOCTYPE lheo [<!ENTITY % p0 'lol'>{PERCENT}%p11;]>{LHEO}{END}",
        "",
    ),
    "quadratic blow-up": (
        lambda: f'<!DOCTYPE lheo [<!ENTITY a "{"a" * 50_000}">]>{LHEO}<formation>{"&a;" * 500_000}</formation>{END}',
        "declares a document type",
    ),
    "quadratic blow-up in an attribute": (
        lambda: f'<!DOCTYPE lheo [<!ENTITY a "{"a" * 30_000}">]><lheo x="{"&a;" * 10_000}"/>',
        "",
    ),
    "an entity that holds itself": (
        lambda: f'<!DOCTYPE lheo [<!ENTITY a "&b;"><!ENTITY b "&a;">]>{LHEO}&a;{END}',
        "declares a document type",
    ),
    "a document type that never ends": (
        lambda: "<!DOCTYPE lheo [" + "".join(f'<!ENTITY e{n} "{"x" * 100}">' for n in range(200_000)),
        "no root element begins in its first 65,536 bytes",
    ),
    "a head that never ends": (lambda: f"<!--{'x' * 20 * MB}-->{LHEO}{END}", "no root element"),
    "a huge attribute of the root": (lambda: f'<lheo x="{"x" * 20 * MB}"/>', "no root element"),
    "a huge attribute": (lambda: f'{LHEO}<formation numero="{"1" * 20 * MB}"/>{END}', "no formation ends"),
    "attributes without number": (
        lambda: f"{LHEO}<formation {attributes('a', 350_000)}/>{END}",
        "no formation ends",
    ),
    "nearly too many attributes": (
        lambda: f"{LHEO}<formation {attributes('a', 200_000)}/>{END}",
        "",
    ),
    "names of namespaces without number": (
        lambda: f"{LHEO}<formation {attributes('xmlns:a', 150_000)}/>{END}",
        "",
    ),
    "huge depth": (lambda: LHEO + "<a>" * 2_000_000, "Excessive depth"),
    "a huge text": (lambda: f"{LHEO}<formation>{'texte ' * 10 * MB}</formation>{END}", "no formation ends"),
    "a huge text outside": (lambda: f"{LHEO}{'texte ' * 10 * MB}<formation/>{END}", "no formation ends"),
    "elements without number": (lambda: f"{LHEO}<formation>{'<x/>' * 10 * MB}", "no formation ends"),
    "elements without number, beside small formations": (
        lambda: LHEO + f"<a>{'<x/>' * 400_000}<formation/>{'<x/>' * 400_000}</a>" * 12 + END,
        "",
    ),
    "a formation whose texts are repeated": (
        lambda: LHEO + f"<formation><contenu-formation>{'x' * 2 * MB}</contenu-formation>{'<action/>' * 200_000}"
        f"</formation>{END}",
        "repeats its texts in too many actions",
    ),
    "formations whose texts are repeated a little": (
        lambda: LHEO
        + f"<formation><contenu-formation>{'x' * 4000}</contenu-formation>{'<action/>' * 400}</formation>" * 2000
        + END,
        "repeats its texts in too many actions",
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_little(tmp_path: Path, name: str) -> None:
    make, said = BOMBS[name]
    path = tmp_path / "catalogue.xml"
    path.write_text(make(), "utf-8")
    told = reads(path)
    assert said in (told["said"] or "")
    assert bool(told["said"]) is (name not in {"nearly too many attributes", "names of namespaces without number",
                                               "elements without number, beside small formations"})  # fmt: skip
    assert told["mb"] < 200, told
    assert told["seconds"] < 10, told
    assert told["size"] <= 4 * max(path.stat().st_size, 4 * MB)


XSI = (
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://lheo.gouv.fr/2.3 WHERE"'
)
INCLUDE = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="WHERE" parse="text"/>'


class Silent(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Listener)
        self.server.asked.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"canary")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        """Say nothing."""


class Listener(HTTPServer):
    """Notes whoever asks for anything."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Silent)
        self.asked: list[str] = []


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as running:
        thread = Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE lheo [<!ENTITY x SYSTEM "WHERE">]>{LHEO}<formation>&x;</formation>{END}',
        '<!DOCTYPE lheo [<!ENTITY % x SYSTEM "WHERE"> %x;]>{LHEO}<formation/>{END}',
        '<!DOCTYPE lheo SYSTEM "WHERE">{LHEO}<formation/>{END}',
        '<!DOCTYPE lheo PUBLIC "-//X//Y" "WHERE">{LHEO}<formation/>{END}',
        '<?xml-stylesheet href="WHERE"?>{LHEO}<formation/>{END}',
        f'<lheo {XSI} xmlns="http://lheo.gouv.fr/2.3"><offres><formation/>{{END}}',
        f"{{LHEO}}<formation><contenu-formation>{INCLUDE}</contenu-formation></formation>{{END}}",
    ],
)
def test_nothing_outside_the_file_is_asked_for_or_read(tmp_path: Path, listener: Listener, text: str) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("canary")
    for where in (f"http://127.0.0.1:{listener.server_port}/x", secret.as_uri(), str(secret)):
        path = tmp_path / "catalogue.xml"
        path.write_text(text.replace("{LHEO}", LHEO).replace("{END}", END).replace("WHERE", where), "utf-8")
        assert not reads(path)["leaked"]
    assert listener.asked == []


def test_a_packed_file_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.xml"
    path.write_bytes(gzip.compress(xml().encode()))
    with pytest.raises(Rejected, match="not readable as LHEO"):
        list(client.read(path))


def test_a_file_larger_than_any_catalogue_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.xml"
    with path.open("wb") as file:
        file.truncate(files.FILE_LIMIT + 1)  # sparse: it takes no room
    with pytest.raises(Rejected, match=r"catalogue\.xml has 1,073,741,825 bytes.*Split it"):
        list(client.read(path))


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/stdin", "/proc"])
def test_what_has_no_end_is_no_file(path: str) -> None:
    with pytest.raises(Rejected, match="is no regular file"):
        list(client.read(Path(path)))
