"""Officers who are signed in, for tests of their pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from playwright.sync_api import BrowserContext
from starlette.testclient import TestClient

from connectors import clock
from connectors.access_rules import access_rules
from connectors.region.access import officer_sessions
from connectors.region.database import Region
from connectors.settings import ROOT, Settings
from core.access import ROLES, Role
from portal import cookies
from portal.access import COOKIE

ACCESS: Final = access_rules(ROOT / "deployments" / "access.toml")


def token_of(region: Region, name: str, roles: Sequence[Role] = ROLES, now: dt.datetime | None = None) -> str:
    """What opens a session of somebody who has these roles."""
    claimed = [value for role in roles for value in ACCESS.roles[role]]
    return officer_sessions.begin(region, f"sub-{name}", name, claimed, "192.0.2.7", now or clock.now())


def cookie_name(settings: Settings) -> str:
    """The cookie that opens a session."""
    return cookies.name_of(settings, COOKIE)


def sign_in(
    visitor: TestClient,
    region: Region,
    settings: Settings,
    name: str = "Camille",
    roles: Sequence[Role] = ROLES,
) -> None:
    """Have a test client signed in."""
    visitor.cookies.set(cookie_name(settings), token_of(region, name, roles))


def sign_in_page(
    context: BrowserContext,
    base: str,
    region: Region,
    settings: Settings,
    name: str = "Camille",
    roles: Sequence[Role] = ROLES,
) -> None:
    """Have a browser signed in."""
    token = token_of(region, name, roles)
    context.add_cookies([{"name": cookie_name(settings), "value": token, "url": base}])
