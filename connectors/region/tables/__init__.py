"""The Region's database, table by table: keys and indexes, and what each column means.

Belongs here: importing them all, so that METADATA has them all. Every change here is a migration in ``../migrations/versions``.
"""

from connectors.region.tables import access, alerts, coverage, dialogue, digests, ledger, offers, programme
from connectors.region.tables.base import METADATA

__all__ = ["METADATA", "access", "alerts", "coverage", "dialogue", "digests", "ledger", "offers", "programme"]
