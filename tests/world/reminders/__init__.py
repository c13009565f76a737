"""Worlds of reminders: what people do, what the hub sends, and everything that can go wrong with it.

What is proven: each reminder ends sent, or told to somebody who can see to it; nobody gets one twice, late, at night, against their
will, or about what is no longer so.

A *world* begins with nobody. People open sessions, register, leave, come back, move and cancel, on both sides of both changes of
clocks (life.py); or they play one *scene*, a short world with one thing in it that is hard to get right (scenes.py). The hub reminds
every minute, as its flow is written; minutes in which nothing is due are skipped (world.py). Meanwhile the *weather* strikes
(weather.py): hub, relay and gateway are away, from a minute to a week; clocks go wrong and are set right; any point of a run can be
struck, by the faults of all worlds and by those of a relay (tests/world/smtp.py). Time is the tests' own, in the database, too
(clock.py).

In the end the relay and the gateway say what people received (post.py). A *witness* stood beside the hub and noted, by its own look
at the tables, whether each letter was right when it was written (witness.py): that is the one moment at which it can be called back.
The truth (truth.py, telling.py) holds both against what the hub says of itself.

    test_seasons.py       whole seasons, in calm and in any weather
    test_scenes.py        every scene comes to a good end
    test_mutants.py       mistakes that somebody could make, each noticed by a scene (mutants.py)
    test_one_fault.py     one eventful day: every point, every fault that applies to it
    test_two_workers.py   two hubs at once, wherever one of them stands still
    test_kills.py         real processes, SIGKILLed at every point and at drawn instants (victims.py)

``make test-world`` plays seasons of 10,000 reminders. Belongs here: faults between the hub and the people whom it reminds. Does not:
what one module does with one answer (its own tests).
"""
