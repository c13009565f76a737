"""Media of covered events on the Region's Instagram account."""
