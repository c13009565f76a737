"""Alerts to people, through Apprise: a channel of once-only effects that cannot be looked up."""
