"""Texts to one telephone each, through Apprise: a channel of once-only effects that cannot be looked up."""
