"""The open portal's board: what is on it, written and read."""
