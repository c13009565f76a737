"""Alerts, kept: what is open, muted, due to be told; who fell silent; service levels."""
