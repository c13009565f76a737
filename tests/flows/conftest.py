from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.region import database
from connectors.registry import policies
from connectors.settings import settings
from tests.worlds import Hub, _no_waiting, hub, region, sandbox

__all__ = ["_no_waiting", "hub", "region", "sandbox"]


def forget() -> None:
    """What this process read once, it reads again."""
    for cached in (settings, database.region, database.safe_region, policies):
        cached.cache_clear()


@pytest.fixture
def flowing(request: pytest.FixtureRequest, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """The hub, as flow runs find it: by the environment, with a Prefect server."""
    request.getfixturevalue("prefect_server")
    chosen = hub.settings
    assert chosen.facebook_app_secret
    for name, value in {
        "HOME": str(chosen.home),
        "DATABASE_URL": hub.region.engine.url.render_as_string(hide_password=False),
        "CONTRACTOR_URL": chosen.contractor,
        "FACEBOOK_GRAPH_URL": chosen.graph,
        "FACEBOOK_APP_SECRET": chosen.facebook_app_secret.get_secret_value(),
        "FEEDS_URL": chosen.feeds,
        "PORTAL_URL": chosen.public_url,
        "ALERT_URLS": f'["{chosen.alert_urls[0].get_secret_value()}"]',
        "CHANNELS_FILE": str(chosen.channels_file),
    }.items():
        monkeypatch.setenv(f"BOOSTEZ_{name}", value)
    forget()
    yield hub
    database.region().dispose()
    forget()
