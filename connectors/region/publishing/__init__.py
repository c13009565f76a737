"""Channels against the catalogue: plans, holds, audits, replays."""
