"""`boostez digest`: what staff read and approve of before stakeholders have it."""

from __future__ import annotations

from pathlib import Path

import html5lib
import pytest

from connectors import clock
from connectors.region.dialogues import hosts
from connectors.region.digests import approvals, editions
from schemas.letters import ROLES
from tests.stakeholders import EIGHT, FILE
from tests.terminals import Terminal
from tests.worlds import Hub

pytestmark = [pytest.mark.database, pytest.mark.catalogue(1, 1)]


@pytest.fixture(autouse=True)
def _monday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOOSTEZ_DIGESTS_FILE", str(FILE))
    monkeypatch.setattr(clock, "now", lambda: EIGHT)


def test_a_digest_is_read_as_its_reader_would_and_nothing_leaves(
    terminal: Terminal, hub: Hub, tmp_path: Path
) -> None:
    hosts.keep_official(hub.region, "Ada Roux", "élue", "ada@region.example", departments=["69"])
    hosts.keep_official(hub.region, "Zoé Petit", "élue", "zoe@region.example")
    file = tmp_path / "digest.html"
    said = terminal.type("digest", "preview", "officials", "--html", str(file)).stdout.replace("\u00a0", " ")
    assert said.startswith(
        "Votre territoire et vos dialogues, lettre du 30 novembre 2026\n\nBonjour Ada Roux,"
    )
    html5lib.HTMLParser(strict=True).parse(file.read_text("utf-8"))
    assert said.endswith("This one has nothing to say this week, and would not be sent.\n")
    assert "Bonjour Zoé Petit" in terminal.ask("digest", "preview", "officials", "--for", "zoe petit")["text"]
    told = terminal.told("digest", "preview", "officials", "--for", "Bo", code=2)
    assert "give the name or the address of one of Ada Roux, Zoé Petit" in told
    assert "nobody would have this digest" in terminal.told("digest", "preview", "coaches", code=2)
    for role in ROLES[2:]:
        shown = terminal.ask("digest", "preview", role)
        assert "lettre du 30\u00a0novembre 2026" in shown["subject"]
        assert shown["leaves"] is True
    assert editions.listed(hub.region, limit=5) == []


def test_one_is_approved_of_by_name_and_refused_for_a_reason(terminal: Terminal, hub: Hub) -> None:
    assert terminal.type("digest", "list").stdout == "No digest was due yet.\n"
    said = terminal.type("digest", "refuse", "press", "--by", "Ada", "--reason", "trop long").stdout
    assert "refused by Ada" in said
    assert "leaves with the next run" in terminal.type("digest", "approve", "press", "--by", "Bo").stdout
    assert terminal.ask("digest", "approve", "press", "--by", "Cy")["decided_by"] == "Bo", "twice is once"
    assert approvals.waiting(hub.region) == []
    assert terminal.ask("digest", "list") == {"waiting": [], "editions": []}
