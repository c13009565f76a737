"""People: what they agreed to, what is theirs, and forgetting them."""
