"""One step each, in the data's order: thin tasks over connectors and core."""
