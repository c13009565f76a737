"""Firms: one record a SIRET, how they come in, become one, and get ahead."""
