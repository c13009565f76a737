"""What each command says of itself when it is asked for help."""

from __future__ import annotations

import re

import pytest
from typer.main import get_command

from deployments.cli import app

SAID = """
plan list          --all  --json
plan show          CHANNEL|NUMBER  --json
plan approve       PLAN  --reason  --by  --json
plan refuse        PLAN  --reason  --by  --json
posting list       --all  --json
posting show       POSTING  --json
posting approve    POSTING  --by  --text  --json
posting refuse     POSTING  --reason  --by  --text  --json
audit              channel  --heal  --json
replay quarantine  --source  --cause  --since  --ref  --yes  --json
replay channel     NAME  --since  --ref  --yes  --json
replay effects     --channel  --cause  --since  --ref  --parked  --yes  --json
withdraw           REF  --everywhere  --undo  --reason  --by  --source  --json
channel pause      NAME  --reason
channel resume     NAME
quarantine list    --source  --limit  --json
quarantine show    REF  --json
deploy             --dry-run  --json
worker             --name  --limit
access log         --since  --by  --on  --limit  --json
access verify      --head  --json
access sessions    --json
access end         NUMBER  --by
alert list         --json
alert show         NUMBER  --json
alert ack          NUMBER  --by
alert mute         CAUSE  --why  --by  --hours
alert unmute       NUMBER  --by
event add          NAME  PLACE  --department  --first  --last  --json
event list         --json
event show         EVENT  --json
event close        EVENT
event crew         EVENT  STUDENT  ROLE
event slot         EVENT  --kind  --starts  --shows  --json
event go-live      SLOT  --by
event end-slot     SLOT  --by
event cancel-slot  SLOT  --by
student add        NAME  EMAIL  --born  --guardian-email  --json
student list       --json
student ask        STUDENT  --event
student consent    STUDENT  --proof  --giver  --kind  --scope
student withdraw   STUDENT  --giver  --by  --json
student export     STUDENT
student erase      STUDENT  --yes  no undo
media add          FILE  --slot  --alt  --shows  --json
media list         --event  --json
media publish      MEDIUM  --where  --by  --json
media withdraw     MEDIUM  --why  --by  --json
digest list        --limit  --json
digest preview     ROLE  --for  --html  --json
digest approve     ROLE  --by  --json
digest refuse      ROLE  --by  --reason  --json
person find        WORDS  --by  --json
person show        CONTACT  --by
person export      CONTACT  FILE  --by
person erase       CONTACT  --yes  --by  --json  no undo
firm journey       SIRET  --json
question list      --state  --dialogue  --json
question show      QUESTION  --json
question overdue   --json
question publish   QUESTION  --by
question refuse    QUESTION  ARTICLE  --words  --by  no undo
question merge     QUESTION  INTO  --by  no undo
question answer    QUESTION  OFFICIAL  FILE  --by
"""


def test_a_command_explains_itself(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    top = get_command(app)
    lacking = {}
    for line in SAID.strip().splitlines():
        command, *words = re.split("  +", line)
        top.main([*command.split(), "--help"], standalone_mode=False)
        told = capsys.readouterr().out.lower()
        lacking[command] = [word for word in words if word.lower() not in told]
    assert {command: words for command, words in lacking.items() if words} == {}
