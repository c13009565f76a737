"""The database itself: its condition, the hub in numbers, and going back in time."""
