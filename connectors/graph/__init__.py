"""What every channel that speaks Graph API shares: its words, one client, one edge of objects."""
