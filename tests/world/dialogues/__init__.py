"""Worlds of dialogues: what staff press about one, what the hub tells everybody of it, and everything that can go wrong meanwhile.

What is proven: wherever the hub dies, is answered late, wrong or not at all, or is overtaken by another one, in the end the Page has one
post with the last words, one live video waits at the right time or none, each right calendar has one event and no other has any, and
everybody who holds or follows the dialogue was told of what was so, once, and knows the last of it; or nobody can know, and an alert
has a person ask.

A *world* has one approved dialogue, and two people who follow it once it is announced. Staff press what its *tale* says, through the
flows that they press (stories.py), and again when a run failed; then schedules run until all is quiet (world.py). The truth
(truth.py) holds what was decided against what the outside itself says (outside.py): the sandbox's posts and live videos, the calendars
of radicale over plain HTTP, the letters that a relay took.

    test_stories.py       every tale, in calm
    test_one_fault.py     every point, every fault that applies to it
    test_unknown.py       what comes next while nobody knows whether the announcement arrived anywhere
    test_two_workers.py   what comes next while another hub is still announcing
    test_mutants.py       mistakes that somebody could make with dialogues, each noticed by a world (mutants.py)
    test_kills.py         real processes, SIGKILLed at seams (victims.py)

``make test`` plays a part, ``make test-world`` all. Belongs here: faults between the hub and all who are told of a dialogue. Does not:
what one module does with one answer (its own tests).
"""
