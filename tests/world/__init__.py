"""World tests: a whole small hub, and everything that can go wrong with it, one point after the other.

What is proven: whatever dies or lies, wherever it does, in the end nothing is lost and nothing was done twice.

A *world* is a sandbox with twelve offers, an empty Region database and a hub in which every registered channel mirrors
the catalogue. The story is always the same: a full sync, the outside changes, an incremental sync, the outside changes
again, a full sync; then rounds of "an hour passes, settle, sync" until nothing is left to do (scenario.py). At the end
the outside is asked what really happened to it (truth.py).

Every step by which the hub touches something that outlives it is a *point*, numbered 1, 2, 3… in the order it is
reached: each HTTP exchange, each commit, each file put in place (points.py, seams.py). The numbers are the same in every
run. At a point a *fault* can strike (faults.py): the process dies before or after it, the answer is lost, late, cut or a
lie. A hub that died does nothing any more, a new one goes on.

    7:die_after             one fault, at the seventh point
    7:die_after 31:html     two, the second in the numbering of the run that the first has changed

One world, told as it goes:

    .venv/bin/python -m tests.world                           # a clean one: which points there are
    .venv/bin/python -m tests.world 17:die_after 41:timeout_after

A failure prints that command. The tests:

    test_one_fault.py     every point, every fault that applies to it
    test_two_faults.py    drawn pairs: BOOSTEZ_WORLD_PAIRS of them from BOOSTEZ_WORLD_SEED
    test_kills.py         real processes, real SIGKILLs at drawn instants: BOOSTEZ_WORLD_KILLS of them
    test_zombies.py       workers at once, and workers that wake up when their lease is long gone
    test_lies.py          an outside that answers well and says what is not so (lies.py)
    test_mutants.py       twelve mistakes in the hub itself, each noticed by some world (mutants.py)
    test_harness.py       the harness itself: the same points twice, the dead stay dead
    test_truth.py         every clause of the truth can fail
    reminders/            seasons of reminders, with worlds, scenes and mutants of their own

``make test-world`` runs them all with large numbers. Belongs here: faults between the hub and what outlives it. Does not:
what one module does with one answer (its own tests).
"""
