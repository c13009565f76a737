"""How is it run? Command line, local stack, policy of the channels."""
