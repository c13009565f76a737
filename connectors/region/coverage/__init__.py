"""Events that students cover, and what may be shown of them."""
