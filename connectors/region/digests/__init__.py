"""Weekly digests in the database: editions, approvals, readers, and the facts that each role is told.

Belongs here: statements, one file a thing. Does not: rules and facts as values (core/digests), or words (connectors/mail).
"""
