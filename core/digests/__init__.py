"""Weekly digests: when one is due, whom it reaches, and the figures that it tells.

Belongs here: pure rules and facts. Does not: reading facts (connectors/region/digests), the words (connectors/mail/letters/digests).
"""
