from tests.calendars import calendars, line, radicale, server
from tests.full_database import full, full_template
from tests.programme import programme
from tests.questions import forum
from tests.tomorrow import next_version
from tests.worlds import _no_waiting, hub, impatient, region, sandbox

__all__ = [
    "_no_waiting",
    "calendars",
    "forum",
    "full",
    "full_template",
    "hub",
    "impatient",
    "line",
    "next_version",
    "programme",
    "radicale",
    "region",
    "sandbox",
    "server",
]
