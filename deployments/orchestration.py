"""What Prefect's own processes and its clients find in their environment, on a laptop as in production.

Belongs here: names and values of Prefect's settings. Does not: which processes run, or where (stack.py, cli_prefect.py).
"""

from __future__ import annotations

from typing import Final

from connectors.settings import Settings
from deployments import run_logs
from schemas.errors import Misconfigured

USER: Final = "boostez"  # Prefect knows one, and asks browsers for its name too

CLIENT: Final = {
    "PREFECT_CLI_WRAP_LINES": "false",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    # Its spans repeat names of runs and messages of errors, which may be personal; ours do not (connectors/telemetry.py).
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",  # what the automation that hears silence counts on (automations.py)
}
# The recorder writes task runs one at a time by default, at 20 ms of the server's processor each; in batches, at 5.
_SERVER: Final = {
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_READ_BATCH_SIZE": "100",
    "PREFECT_LOGGING_SERVER_LEVEL": "WARNING",
    # Any page that a browser shows could else call the API, as whoever is logged in, on a laptop as anybody.
    "PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED": "true",
}
# Several servers, and their services beside them, know of each other by Redis alone: in memory, each would run each
# schedule.
_SHARED: Final = {
    "PREFECT_SERVER_EVENTS_MESSAGING_BROKER": "prefect_redis.messaging",
    "PREFECT_SERVER_EVENTS_MESSAGING_CACHE": "prefect_redis.messaging",
    "PREFECT_SERVER_EVENTS_CAUSAL_ORDERING": "prefect_redis.ordering",
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect_redis.lease_storage",
    "PREFECT_SERVER_WORKER_CHANNEL_CLEANUP_QUEUE_STORAGE": "prefect_redis.cleanup_queue",
}
# Of one Redis; what is not told one calls localhost.
_ADDRESSES: Final = (
    "PREFECT_SERVER_DOCKET_URL",
    "PREFECT_REDIS_MESSAGING_URL",
    "PREFECT_REDIS_WORKER_CLEANUP_QUEUE_URL",
)


def client(settings: Settings) -> dict[str, str]:
    """What whoever calls Prefect's API finds in its environment."""
    told = {**CLIENT, **run_logs.ENVIRONMENT[settings.log_format]}
    return told | ({"PREFECT_API_AUTH_STRING": key} if (key := _key(settings)) else {})


def server(settings: Settings, database: str) -> dict[str, str]:
    """What a server, or its services, finds; ``database`` is the address of Prefect's own, with any driver.

    Raises:
        Misconfigured: it is no address of a PostgreSQL database.

    """
    told = {
        **client(settings),
        **_SERVER,
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": _with_asyncpg(database),
        "PREFECT_SERVER_UI_API_URL": f"{settings.prefect_ui}/api",
        "PREFECT_UI_URL": settings.prefect_ui,
        "PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS": settings.prefect_ui,
    }
    if key := _key(settings):
        told["PREFECT_SERVER_API_AUTH_STRING"] = key
    if settings.redis_url:
        address = settings.redis_url.get_secret_value()
        told |= _SHARED | dict.fromkeys(_ADDRESSES, address)
    return told


def _key(settings: Settings) -> str | None:
    password = settings.prefect_password
    return f"{USER}:{password.get_secret_value()}" if password else None


def _with_asyncpg(address: str) -> str:
    scheme, _, rest = address.partition("://")
    if not rest or scheme.partition("+")[0] not in {"postgresql", "postgres"}:
        raise Misconfigured(
            "BOOSTEZ_PREFECT_DATABASE_URL: the address of a PostgreSQL database is wanted, postgresql://…"
        )
    return f"postgresql+asyncpg://{rest}"
