"""Sessions: who takes part, who came, who is reminded."""
