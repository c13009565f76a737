"""The offers contractor, against its exchange API 1.0."""
