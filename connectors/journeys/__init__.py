"""The words of a firm's journey, for its coach."""
