"""How is an outside system reached? One folder a system; region/ is the Region's own database."""
