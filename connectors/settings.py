"""The settings: where the outside systems are, and what opens them. Read once, from the environment and from files.

Belongs here: one field a setting, its default and its meaning. Does not: channel routing and budgets
(deployments/channels.toml), the rules of reminders, of alerts, of service levels and of digests (deployments/*.toml), or anything that is decided
while running.
"""

from __future__ import annotations

import os
import re
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import unquote, urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from connectors.redaction import hide
from core.guards import Limits
from schemas.errors import Misconfigured

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "BOOSTEZ_"
FOLDER: Final = f"{PREFIX}SECRETS_DIR"
"""Names a folder with a file a setting (``boostez_facebook_token``), as containers are given secrets."""
_HOST: Final = re.compile(r"[a-z0-9][a-z0-9.-]*|[0-9a-f:.]+")
_MAILBOX: Final = r"^[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$"
_SENDER: Final = r"^[^\s@<>()\",;:]+@[A-Za-z0-9.-]+$"
_TOKEN: Final = re.compile(r"[!-~]+")  # what a header can carry, without white space


class _Files(SecretsSettingsSource):
    """Files of secrets; an empty one waits to be filled, and is not there yet."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        value, key, is_complex = super().get_field_value(field, field_name)
        return value or None, key, is_complex


class Settings(BaseSettings):
    """Every setting, each with the prefix ``BOOSTEZ_``. With none set, the embedded defaults serve."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    home: Path = Field(ROOT / ".boostez", description="State folder of the local stack")
    database_url: SecretStr | None = Field(None, description="The Region's PostgreSQL; embedded when unset")
    contractor_url: str | None = Field(None, description="The contractor's API; the sandbox when unset")
    contractor_client_id: str = Field("boostez", description="OAuth client at the contractor")
    contractor_client_secret: SecretStr = Field(SecretStr("sandbox-secret"), description="Its secret")
    facebook_graph_url: str | None = Field(None, description="Graph API base; the sandbox when unset")
    facebook_graph_version: str = Field(
        "v26.0", pattern=r"^v[0-9]+\.[0-9]+$", description="Graph API version"
    )
    facebook_page_id: str = Field(
        "100000000000001", pattern=r"^[A-Za-z0-9.]+$", description="The Region's Page"
    )
    facebook_token: SecretStr = Field(SecretStr("sandbox-page-token"), description="Page access token")
    facebook_app_secret: SecretStr | None = Field(
        None, description="Signs calls (appsecret_proof); unset sends no proof"
    )
    instagram_user_id: str = Field(
        "17841400000000001",
        pattern=r"^[0-9]{5,20}$",
        description="The Region's professional Instagram account, linked to its Page; called with the Page's token",
    )
    facebook_event_params: Literal["scalar", "object"] = Field(
        "scalar",
        description="How the time of a scheduled live video is written: Meta's pages contradict each other",
    )
    caldav_url: str | None = Field(
        None, description="The calendar home of a CalDAV server; unset, dialogues are in no calendar"
    )
    caldav_user: str = Field("boostez", pattern=r"^[!-9;-~]+$", description="Its account")
    caldav_password: SecretStr = Field(SecretStr(""), description="The account's password")
    private_hosts: Annotated[frozenset[str], NoDecode] = Field(
        frozenset(), description="Hosts of the Region's own network that may be called, separated by commas"
    )
    feeds_url: str | None = Field(None, description="fsspec URL of the feeds' folder; HOME/feeds when unset")
    portal_url: str | None = Field(None, description="Public address of the portal; loopback when unset")
    trusted_proxies: Annotated[frozenset[str], NoDecode] = Field(
        frozenset(),
        description="Addresses or networks of our own proxies, separated by commas: their X-Forwarded-For is believed",
    )
    portal_rate_search: int = Field(
        300, ge=0, description="Searches a minute that a client address may make on the portal; 0: any number"
    )
    portal_rate_feeds: int = Field(
        60,
        ge=0,
        description="Feeds, sitemaps and open data files a minute for a client address; 0: any number",
    )
    portal_rate_api: int = Field(
        120, ge=0, description="Requests a minute of a client address to the open API; 0: any number"
    )
    portal_rate_checks: int = Field(
        20, ge=0, description="Files a minute that a client address may have checked; 0: any number"
    )
    portal_rate_forms: int = Field(
        60,
        ge=0,
        description="Forms of postings, registrations and answers a minute that a client address may send; 0: any number",
    )
    portal_rate_rooms: int = Field(
        300,
        ge=0,
        description="People a minute who may say from one client address, a room's, that they are there; 0: any number",
    )
    contact_email: str | None = Field(
        None, pattern=_MAILBOX, description="Where residents report a problem; the postal address when unset"
    )
    privacy_email: str | None = Field(
        None,
        pattern=_MAILBOX,
        description="The data protection officer's mailbox; said not to be known when unset",
    )
    publication_director: str | None = Field(
        None, description="Who is answerable in law for the portal; said not to be known when unset"
    )
    hosting: str | None = Field(
        None, description="Name, address and telephone of the host; said not to be known when unset"
    )
    portal_port: int = Field(4480, ge=1, le=65535, description="Port the portal listens on")
    pod_image: str | None = Field(
        None, description="On Kubernetes: runs are pods of this image; processes of their worker when unset"
    )
    metrics_port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="Port beside the portal's on which it answers Prometheus; unset, it does not",
    )
    log_format: Literal["text", "json"] = Field(
        "text", description="How processes log: text for people, or one JSON object a line"
    )
    production: bool = Field(
        False,  # noqa: FBT003 - pydantic's way to say a default
        description="Nothing stands in for anything: a part that lacks a setting refuses to start",
    )
    prefect_database_url: SecretStr | None = Field(
        None, description="Prefect's own PostgreSQL database; embedded when unset"
    )
    prefect_password: SecretStr | None = Field(
        None,
        min_length=16,
        description="Opens Prefect's API and UI, of user boostez; unset, whoever reaches them may use them",
    )
    prefect_public_url: str | None = Field(
        None, pattern=r"^https?://[^/@]+$", description="Public address of Prefect's UI; loopback when unset"
    )
    redis_url: SecretStr | None = Field(
        None, description="What several Prefect servers share; within the one server when unset"
    )
    prefect_port: int = Field(4420, ge=1, le=65535, description="Port of the Prefect server and its UI")
    sandbox_port: int = Field(
        4401, ge=1, le=65534, description="Port of the sandbox; its mailbox has the next one"
    )
    channels_file: Path = Field(
        ROOT / "deployments" / "channels.toml", description="What each channel wants: its policy"
    )
    reminders_file: Path = Field(
        ROOT / "deployments" / "reminders.toml", description="Which reminders leave when: their rules"
    )
    dialogue_file: Path = Field(
        ROOT / "deployments" / "dialogue.toml",
        description="How dialogues are planned, told and answered: their rules",
    )
    quarantine_budget: float = Field(
        0.03, ge=0, le=1, description="Share of collected payloads that may be quarantined before exit code 3"
    )

    alerts_file: Path = Field(
        ROOT / "deployments" / "alerts.toml",
        description="Who hears of which trouble, when and how often: their rules",
    )
    service_levels_file: Path = Field(
        ROOT / "deployments" / "service_levels.toml",
        description="What the hub promises of itself: objectives",
    )
    alert_urls: list[SecretStr] = Field(
        default_factory=list,
        description="Where alerts go that have no destination of their own: a JSON list of Apprise addresses",
    )
    alert_destinations: dict[str, list[SecretStr]] = Field(
        default_factory=dict,
        description="Where alerts go, by the destinations of ALERTS_FILE: a JSON object of lists of Apprise addresses",
    )
    digests_file: Path = Field(
        ROOT / "deployments" / "digests.toml",
        description="When weekly digests leave, and who has those of no table: their rules",
    )
    smtp_url: SecretStr | None = Field(
        None,
        description="The relay for letters: smtp+tls://user:password@host, smtps:// or smtp://; "
        "unset, offers cannot be posted",
    )
    mail_from: str | None = Field(
        None,
        pattern=_SENDER,
        description="Sender of letters; ne-pas-repondre@ the portal's host when unset",
    )
    mail_bounce: str | None = Field(
        None,
        pattern=_SENDER,
        description="Where letters that cannot be delivered come back to; MAIL_FROM when unset",
    )
    mail_per_minute: int = Field(
        600, ge=0, description="Letters a minute that all workers together hand to the relay; 0: any number"
    )
    bounces: Path | None = Field(
        None,
        description="Maildir that the mail server delivers MAIL_BOUNCE's letters to; unset, none are read",
    )
    bounce_token: SecretStr | None = Field(
        None,
        min_length=16,
        description="What a relay's web hook bears to tell of letters that came back; unset, there is none",
    )
    sms_url: SecretStr | None = Field(
        None,
        description="The gateway for texts: an Apprise address with {phone} where the number goes; unset, none are sent",
    )
    sms_per_minute: int = Field(
        60, ge=0, description="Texts a minute that all workers together hand to the gateway; 0: any number"
    )
    heartbeat_url: SecretStr | None = Field(
        None,
        description="What is called while the hub lives: a dead man's switch (https://hc-ping.com/…); unset, none is",
    )
    watchdog_minutes: int = Field(
        10, ge=1, description="Minutes that something may be dead before `boostez watchdog` tells people"
    )
    access_file: Path = Field(
        ROOT / "deployments" / "access.toml",
        description="Who may do what on the officers' pages: their roles",
    )
    oidc_issuer: str | None = Field(
        None, description="The identity provider that officers sign in at; unset, their pages are closed"
    )
    oidc_client_id: str = Field("boostez", description="The portal's name at the identity provider")
    oidc_client_secret: SecretStr | None = Field(
        None, description="Its secret there; unset, it is a public client"
    )
    portal_secret: SecretStr | None = Field(
        None, description="Seals links and forms of the portal; made and kept in HOME when unset"
    )
    guard_fall: float = Field(
        0.20, ge=0, le=1, description="Fall of a whole snapshot since the last good one that is believed"
    )
    guard_run_floor: int = Field(25, ge=0, description="Unexplained withdrawals that any run may make")
    guard_run_share: float = Field(
        0.01, ge=0, le=1, description="Share of what is there that a run may withdraw"
    )
    guard_day_cap: int = Field(500, ge=0, description="Unexplained withdrawals in 24 hours, at most")
    guard_day_share: float = Field(
        0.02, ge=0, le=1, description="Share of what is there, in 24 hours, at most"
    )
    guard_day_floor: int = Field(
        25, ge=0, description="Unexplained withdrawals in 24 hours that are always believed"
    )
    replay_debounce_seconds: int = Field(
        600, ge=0, description="The same replay again within so long is a double click"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature; there is no such file
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What goes before what."""
        assert isinstance(file_secret_settings, SecretsSettingsSource)
        return init_settings, env_settings, _Files(settings_cls, file_secret_settings.secrets_dir)

    @field_validator("private_hosts", mode="before")
    @classmethod
    def _read_hosts(cls, given: object) -> object:
        if not isinstance(given, str):
            return given
        hosts = [host.strip().strip("[]").lower() for host in given.split(",")]
        if not all(map(_HOST.fullmatch, hosts)):
            raise ValueError(
                "names or IP addresses are wanted, separated by commas, without https:// or port"
            )
        return frozenset(hosts)

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _read_proxies(cls, given: object) -> object:
        if not isinstance(given, str):
            return given
        try:
            return frozenset(str(ip_network(place.strip())) for place in given.split(","))
        except ValueError:
            raise ValueError(
                "IP addresses or networks (10.0.0.0/8) are wanted, separated by commas"
            ) from None

    @field_validator("facebook_token")
    @classmethod
    def _check_token(cls, given: SecretStr) -> SecretStr:
        if not _TOKEN.fullmatch(given.get_secret_value()):
            raise ValueError("it holds white space (a line end?) or a character that no header may carry")
        return given

    @field_validator("feeds_url", "portal_url")
    @classmethod
    def _check_shown(cls, given: str | None) -> str | None:
        if given is not None and re.search(r"//[^/]*@", given):
            raise ValueError("it is published: it must not carry a user name or password")
        return given

    @property
    def limits(self) -> Limits:
        """What the guards believe without asking."""
        return Limits(
            fall=self.guard_fall,
            run_floor=self.guard_run_floor,
            run_share=self.guard_run_share,
            day_cap=self.guard_day_cap,
            day_share=self.guard_day_share,
            day_floor=self.guard_day_floor,
        )

    @property
    def app_secret(self) -> SecretStr | None:
        """What signs Graph calls: the setting's, the sandbox's when the sandbox stands in, else nothing."""
        if self.facebook_app_secret is not None:
            return self.facebook_app_secret
        return None if self.facebook_graph_url else SecretStr("sandbox-app-secret")

    @property
    def secrets(self) -> list[str]:
        """The value of every setting that is a secret, and the passwords inside those that are addresses."""
        values = [each for _, value in self for each in (value if isinstance(value, list) else [value])]
        values += [url for urls in self.alert_destinations.values() for url in urls]
        given = [value.get_secret_value() for value in values if isinstance(value, SecretStr)]
        return given + [password for value in given if (password := _password(value))]

    @property
    def alert_addresses(self) -> dict[str, list[SecretStr]]:
        """Where alerts go, by destination; those of ALERT_URLS are ``default``."""
        return {"default": self.alert_urls, **self.alert_destinations}

    @property
    def public_url(self) -> str:
        """The portal's public address, without a trailing slash."""
        return (self.portal_url or f"http://127.0.0.1:{self.portal_port}").rstrip("/")

    @property
    def prefect_ui(self) -> str:
        """The public address of Prefect's UI, its origin for browsers."""
        return self.prefect_public_url or f"http://127.0.0.1:{self.prefect_port}"

    @property
    def sender(self) -> str:
        """The address that letters come from."""
        return self.mail_from or f"ne-pas-repondre@{urlsplit(self.public_url).hostname or 'localhost'}"

    @property
    def bounce(self) -> str:
        """The address that letters which cannot be delivered come back to."""
        return self.mail_bounce or self.sender

    @property
    def feeds(self) -> str:
        """The fsspec URL of the folder that holds the feeds, without a trailing slash."""
        return (self.feeds_url or f"file://{self.home.resolve()}/feeds").rstrip("/")

    @property
    def sandbox_url(self) -> str:
        """The sandbox's address on this machine."""
        return f"http://127.0.0.1:{self.sandbox_port}"

    @property
    def contractor(self) -> str:
        """The contractor's base address, without a trailing slash."""
        return (self.contractor_url or self.sandbox_url).rstrip("/")

    @property
    def graph(self) -> str:
        """The Graph API's base address, without version or trailing slash."""
        return (self.facebook_graph_url or f"{self.sandbox_url}/graph").rstrip("/")


SECRETS: Final = frozenset(
    name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)
)
"""The names of the settings that nobody may see."""


@cache
def settings() -> Settings:
    """Read the environment and the folder that it names, once; from then on their secrets stay out of every log.

    What both name is the environment's.

    Raises:
        Misconfigured: a value does not fit; the message names each variable.

    """
    folder = os.environ.get(FOLDER) or None
    if folder and not Path(folder).is_dir():
        raise Misconfigured(f"{FOLDER}: there is no folder {folder}.")
    try:
        read = Settings(_secrets_dir=folder)
    except ValidationError as error:
        lines = [f"{PREFIX}{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors()]
        raise Misconfigured("Settings that do not fit:\n  " + "\n  ".join(lines)) from None
    except SettingsError as error:
        raise Misconfigured(f"Settings that do not fit: {error} (a JSON list is wanted)") from None
    for secret in read.secrets:
        hide(secret)
    return read


def _password(address: str) -> str | None:
    found = re.search(r"://[^/@:]*:([^/@]+)@", address)
    return unquote(found[1]) if found else None
