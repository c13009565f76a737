"""The Region's database and its ledger: the only door to SQLAlchemy."""
