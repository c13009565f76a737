"""Worlds of reminders."""
