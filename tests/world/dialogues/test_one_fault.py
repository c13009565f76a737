from __future__ import annotations

import os
import pytest
import msgspec

from tests.world.dialogues.stage import Place
from tests.world.dialogues.stories import TALES
from tests.world.dialogues.world import World

pytestmark = [pytest.mark.database, pytest.mark.world]


def test_explore(place: Place) -> None:
    names = os.environ.get("TALES", "").split(",") if os.environ.get("TALES") else list(TALES)
    part, parts = map(int, os.environ.get("PART", "0/30").split("/"))
    only = os.environ.get("ONLY", ""); nice = int(os.environ.get("NICE", "1"))
    n = 0
    for k, name in enumerate(names):
        for slow in (False, True):
            tale = msgspec.structs.replace(TALES[name], slow=slow)
            story = World(place, tale, curious=True).play()
            if story.differences: print("CLEAN", story, flush=True)
            strikes = [(p, f) for p in story.points if not p.idle for f in p.faults if not (f == "die_before" and p.kind == "commit")]
            strikes = [(p, f) for p, f in strikes if only in f"{p.label} {f}"]
            mine = strikes[(part + 7 * k) % parts :: parts]
            print(f"== {tale}: {len(strikes)} strikes, {len(mine)} played", flush=True)
            for p, f in mine:
                got = World(place, tale, {p.number: f}).play()
                n += 1
                if got.differences or (f != "overtaken" and got.end.gist != story.end.gist):
                    print(got, "" if got.differences else (got.end.gist, story.end.gist), flush=True)
    print(n)
