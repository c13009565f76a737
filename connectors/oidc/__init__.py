"""OpenID Connect: who an officer is, as the Region's identity provider says."""
