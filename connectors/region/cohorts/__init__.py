"""Cohorts: proposed, decided, written to, asked what became of them."""
