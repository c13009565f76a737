"""What was promised of the partnership, and what it costs.

Belongs here: the numbers that everybody is measured by, with their source. Does not: the firms (progress.py), or what is reached.

Sources: the Region's announcement of 2017 (23,000 jobs, 26,000 trainings); of the contract, before tax, Rue89Lyon of
3 July 2017, and L'Informaticien, after Lyon Capitale.
"""

from __future__ import annotations

from typing import Final

JOBS: Final = 23_000
TRAININGS: Final = 26_000
CONTRACT_EUR: Final = 340_000
RENEWALS: Final = 2
