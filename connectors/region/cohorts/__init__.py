"""Cohorts and coaches: proposed, decided, asked what became of them; and what letters of the programme tell."""
