"""Who may decide, and the log of what they did."""
