"""Nobody forgets the log: whatever the command line, the portal, a flow or a task has the Region's database change is noted, or stands here.

A function that is new and neither notes its act nor is named below fails this test. Whoever decides on something, and changes by it what
others see or receive, notes it (acts.note) in the transaction that does it; the rest is named with why.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from connectors.settings import ROOT

REGION: Final = "connectors.region."
NOTE: Final = f"{REGION}access.acts.note"
DOORS: Final = ("deployments", "flows", "portal", "tasks")
WRITES: Final = re.compile(
    r"\bINSERT INTO\b|(?<!FOR )(?<!KEY )\bUPDATE [\w{]|\bDELETE FROM\b|\bTRUNCATE\b|\bCOPY \w"
)
BY_THEMSELVES: Final = """
    answers.keep asks.confirm asks.follow asks.watch contacts.prefer contacts.withdraw dialogue_prompts.present readers.resume
    readers.stop enrolments.attend enrolments.leave enrolments.sheet officer_sessions.come_back officer_sessions.leave
    officer_sessions.opened postings.add postings.amend postings.close postings.confirm questions.ask questions.ask_anonymously
    questions.unvote questions.vote registrations.ask registrations.confirm watches.end
"""  # whom it is about, by their own link or page: residents, firms, students, coaches, readers; and officers on their way in
BY_THE_HUB: Final = """
    alerts.resolve alerts.sound announcing.forget_unseen audits.audit audits.heal bounces.take bounces.tell_coaches calendars.replace
    channel_state.hold cohorts.finish comments.take condition.beat coverage_rights.tidy dialogue_holding.close
    dialogue_holding.go_on_air dialogue_holding.settle dialogue_prompts.keep_check dialogue_prompts.prompt approvals.shown_by
    editions.plan ledger.claim ledger.claim_all ledger.claim_unsettled ledger.receive ledger.receive_all media.end_stories
    media_consents.expire media_consents.settled move_proposals.take_in move_proposals.waiting notices.give offers.close_absent
    offers.expire offers.merge outcomes.ask planning.plan plans.shown_by postings.shown_by quarantine.put quarantine.release
    quarantine.release_outdated reminders.close reminders.queue retention.tidy sheets.ask untold.alert untold.call_back
    untold.tell_coaches walks.finish_run walks.forget walks.remember walks.start_run
"""  # what a source, a channel, a calendar or time brings, and keeping a channel as the ledger has it: nobody decides
BEFORE_A_DECISION: Final = """
    calendars.away calendars.back cohorts.propose dialogues.add events.join events.plan media.add seasons.assign seasons.create
    seasons.propose
"""  # drafts and proposals: nobody sees or receives anything of it before somebody decides, which is noted
BEFORE_IT_WAS_NOTED: Final = """
    replays.carried replays.failed
"""  # parts of what replays.begin notes
UNNOTED: Final = frozenset(f"{BY_THEMSELVES} {BY_THE_HUB} {BEFORE_A_DECISION} {BEFORE_IT_WAS_NOTED}".split())


class Function(msgspec.Struct, frozen=True):
    """What a function of the database names, by whole names, and whether it writes itself."""

    names: frozenset[str]
    writes: bool


def functions(module: str, source: str) -> Iterator[tuple[str, Function]]:
    """The functions of a module, by their whole names."""
    tree = ast.parse(source)
    known = _imported(tree)
    written = {  # statements that stand beside functions
        target.id: ast.unparse(node.value)
        for node in tree.body
        if isinstance(node, ast.AnnAssign | ast.Assign) and node.value
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    defined = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    known |= {name: f"{module}.{name}" for name in defined}
    for name, node in defined.items():
        loose = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
        said = [ast.unparse(node), *(text for constant, text in written.items() if constant in loose)]
        yield f"{module}.{name}", Function(_named(node, known), any(map(WRITES.search, said)))


def _imported(tree: ast.Module) -> dict[str, str]:
    return {
        each.asname or each.name: f"{node.module}.{each.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for each in node.names
    }


def _named(tree: ast.AST, known: Mapping[str, str]) -> frozenset[str]:
    """What is named of other modules: ``plans.approve``, or ``approve`` where that was imported."""
    found = set()
    own = {
        each.id for each in ast.walk(tree) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    }
    own |= {each.arg for each in ast.walk(tree) if isinstance(each, ast.arg)}
    known = {name: whole for name, whole in known.items() if name not in own}
    for each in ast.walk(tree):
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name) and each.value.id in known:
            found.add(f"{known[each.value.id]}.{each.attr}")
        elif isinstance(each, ast.Name) and each.id in known:
            found.add(known[each.id])
    return frozenset(found)


def unnoted(database: Mapping[str, str], doors: Mapping[str, str]) -> set[str]:
    """What doors name of the database that writes and notes nothing; both are sources by module."""
    all_of_it = dict(pair for module, source in database.items() for pair in functions(module, source))

    def reached(name: str, met: set[str]) -> set[str]:
        if name in all_of_it and name not in met and name != NOTE:
            met.add(name)
            for each in all_of_it[name].names:
                reached(each, met)
        return met

    named = {name for source in doors.values() for name in _of(source) if name in all_of_it}
    parts = {name: reached(name, set()) for name in named}
    return {
        ".".join(name.split(".")[-2:])
        for name, met in parts.items()
        if any(all_of_it[each].writes for each in met)
        and not any(NOTE in all_of_it[each].names for each in met)
        and not name.rpartition(".")[2][:1].isupper()  # a record is no act
    }


def _of(source: str) -> frozenset[str]:
    tree = ast.parse(source)
    known = _imported(tree)
    return frozenset().union(*(_named(node, known) for node in tree.body))


def sources(*rooms: str) -> dict[str, str]:
    files = [file for room in rooms for file in (ROOT / room).rglob("*.py")]
    return {".".join(file.relative_to(ROOT).with_suffix("").parts): file.read_text("utf-8") for file in files}


def test_whatever_somebody_decides_is_in_the_log_or_said_to_be_no_decision() -> None:
    assert unnoted(sources("connectors/region"), sources(*DOORS)) == UNNOTED


def test_a_new_decision_that_nobody_notes_is_named() -> None:
    """Also where its statement is a constant, or in a function that it calls; not where what it calls notes it."""
    database = {
        f"{REGION}offers.new": "from connectors.region.access import acts\n_CHANGE = 'UPDATE offer SET title = :title'\n"
        "def decide(c):\n    _change(c)\ndef decide_well(c):\n    _change(c)\n    acts.note(c)\n"
        "def _change(c):\n    c.execute(_CHANGE)\ndef read(c):\n    c.execute('SELECT 1 FOR UPDATE OF offer')\n",
        f"{REGION}access.acts": "def note(c):\n    c.execute('INSERT INTO act')\n",
    }
    door = "from connectors.region.offers import new\nfrom connectors.region.offers.new import decide as by_another_name\n"
    calls = f"{door}new.decide_well()\nnew.read()\n"
    assert unnoted(database, {"portal.page": f"{calls}new.decide()"}) == {"new.decide"}
    assert unnoted(database, {"portal.page": f"{calls}by_another_name()"}) == {"new.decide"}
    assert unnoted(database, {"portal.page": calls}) == set()
