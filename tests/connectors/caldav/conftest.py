from tests.calendars import calendars, line, radicale, server

__all__ = ["calendars", "line", "radicale", "server"]
