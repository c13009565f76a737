"""The open portal's board: a channel in our own database."""
