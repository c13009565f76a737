"""Worlds of digests: a Monday on which they are due, and everything that can go wrong while they are planned and sent.

What is proven: wherever the hub dies, is answered late, wrong or not at all, or is overtaken by another one, in the end everybody who
is to have a digest has it once, and nobody else has any; or nobody can know, and an alert has a person ask.

A *world* has two officials, of whom one wants none, and the direction. A *tale* says what people do meanwhile (world.py). ``make test``
plays a part, ``make test-world`` every fault at every point. Belongs here: faults between a due digest and its readers. Does not: what
one module does with one answer (its own tests).
"""
