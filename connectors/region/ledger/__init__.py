"""The ledger: every outward effect from intent to receipt, and how things come to be wanted."""
