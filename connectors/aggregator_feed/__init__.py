"""The Indeed-style XML feed that job aggregators pull: a channel that is one file."""
