"""People: what they agreed to and follow, what is theirs, addresses that fail, and forgetting them."""
