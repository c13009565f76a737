"""``python -m deployments`` is ``boostez``."""

from deployments.cli import main

main()
