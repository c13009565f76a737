"""Letters that came back: a mailbox that is read, and never emptied."""
