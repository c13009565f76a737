"""What do residents see? The open portal, an ASGI application."""
