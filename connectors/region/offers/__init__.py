"""The Region's offers: what sources said, what firms posted, what was refused."""
