"""What each part needs in production, where nothing stands in for anything and there is no default password.

Belongs here: which settings a part refuses to start without. Does not: whether their values work.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import SecretStr

from connectors.settings import FOLDER, PREFIX, Settings
from schemas.errors import Misconfigured

_PREFECT: Final = ("prefect_database_url", "prefect_password", "prefect_public_url", "redis_url")
NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "portal": ("database_url", "portal_secret", "portal_url", "trusted_proxies"),
    "server": _PREFECT,
    "services": _PREFECT,
    "worker": (
        *("database_url", "portal_secret", "portal_url", "prefect_password"),
        *("contractor_url", "contractor_client_id", "contractor_client_secret"),
        *(
            "facebook_graph_url",
            "facebook_page_id",
            "facebook_token",
            "facebook_app_secret",
            "instagram_user_id",
        ),
        *("smtp_url", "mail_from", "alert_urls"),
    ),
}
"""The settings of each part, by its name. A part is given no other part's secrets."""

MAY: Final[Mapping[str, tuple[str, ...]]] = {
    "portal": (
        "oidc_issuer",
        "oidc_client_id",
        "oidc_client_secret",
    )  # without them officers' pages are closed
}
"""What a part is given besides, and starts without."""


def check(part: str, settings: Settings) -> None:
    """See that in production a part has what it needs; elsewhere defaults and the sandbox serve.

    Raises:
        Misconfigured: it lacks some; the message names them all.

    """
    if settings.production and (missing := [name for name in NEEDS[part] if not _given(settings, name)]):
        names = "\n  ".join(f"{PREFIX}{name.upper()}" for name in missing)
        raise Misconfigured(
            f"The {part} has no default for these in production. Give each as a variable, or as a file in {FOLDER}:\n  {names}"
        )


def _given(settings: Settings, name: str) -> bool:
    value = getattr(settings, name)
    return name in settings.model_fields_set and bool(
        value.get_secret_value() if isinstance(value, SecretStr) else value
    )
