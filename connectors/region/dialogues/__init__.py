"""Dialogues: planned, announced, moved, held."""
