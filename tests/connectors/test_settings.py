from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from connectors.settings import PREFIX, ROOT, Settings, settings
from core.guards import Limits
from schemas.errors import Misconfigured

CANARY = "canary-7f3a"
SECRETS = ("database_url", "contractor_client_secret", "facebook_token", "facebook_app_secret")


@pytest.fixture(autouse=True)
def _unread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Settings that nobody has read, in an environment without any."""
    for name in Settings.model_fields:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)
    settings.cache_clear()
    yield
    settings.cache_clear()


def test_without_any_variable_the_embedded_defaults_serve() -> None:
    read = settings()
    assert read.database_url is None
    assert read.home == ROOT / ".boostez"
    assert read.contractor == read.sandbox_url == "http://127.0.0.1:4401"
    assert read.graph == "http://127.0.0.1:4401/graph"
    assert read.public_url == "http://127.0.0.1:4480"
    assert read.channels_file.is_file()
    assert read.reminders_file.is_file()


def test_settings_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = settings()
    monkeypatch.setenv("BOOSTEZ_PORTAL_PORT", "4999")
    assert settings() is first


def test_every_setting_comes_from_its_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BOOSTEZ_HOME", str(tmp_path))
    monkeypatch.setenv("BOOSTEZ_PORTAL_URL", "https://portail.example/")
    monkeypatch.setenv("BOOSTEZ_CONTRACTOR_URL", "https://contractor.example/api/")
    monkeypatch.setenv("BOOSTEZ_FACEBOOK_GRAPH_URL", "https://graph.facebook.com/")
    monkeypatch.setenv("BOOSTEZ_FEEDS_URL", "s3://bucket/feeds/")
    read = settings()
    assert read.home == tmp_path
    assert read.public_url == "https://portail.example"
    assert read.contractor == "https://contractor.example/api"
    assert read.graph == "https://graph.facebook.com"
    assert read.feeds == "s3://bucket/feeds"


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOOSTEZ_PORTAL_PORT", "")
    assert settings().portal_port == 4480


def test_feeds_lie_in_the_home_folder(tmp_path: Path) -> None:
    assert Settings(home=tmp_path).feeds == f"file://{tmp_path}/feeds"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORTAL_PORT", "http"),
        ("PORTAL_PORT", "0"),
        ("PREFECT_PORT", "65536"),
        ("SANDBOX_PORT", "-1"),
        ("QUARANTINE_BUDGET", "2"),
        ("QUARANTINE_BUDGET", "3 %"),
        ("FACEBOOK_GRAPH_VERSION", "26"),
        ("FACEBOOK_GRAPH_VERSION", "v26.0/../evil"),
        ("FACEBOOK_PAGE_ID", "1/../2"),
        ("FACEBOOK_PAGE_ID", "1?fields=access_token"),
        ("FACEBOOK_TOKEN", "token\n"),
        ("FACEBOOK_TOKEN", "to\r\nX-Evil: ken"),
        ("FACEBOOK_TOKEN", "jeton é"),
        ("CALDAV_USER", "boostez:s3cret"),
        ("PRIVATE_HOSTS", "https://a.example"),
        ("PRIVATE_HOSTS", "a.example:443"),
        ("PRIVATE_HOSTS", "a.example,,"),
        ("PRIVATE_HOSTS", "*"),
        ("FEEDS_URL", "s3://key:s3cret@bucket/feeds"),
        ("FEEDS_URL", "simplecache::s3://key:s3cret@bucket/feeds"),
        ("PORTAL_URL", "https://me:s3cret@portail.example"),
        ("MAIL_BOUNCE", "bounces"),
        ("MAIL_BOUNCE", "a@b.example\r\nRCPT TO:<x@y.example>"),
        ("MAIL_PER_MINUTE", "-1"),
        ("SMS_PER_MINUTE", "many"),
    ],
)
def test_a_bad_value_names_its_variable(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(Misconfigured, match=f"BOOSTEZ_{name}:") as caught:
        settings()
    assert not any(word in str(caught.value) for word in ("s3cret", "ken", "jeton"))


def test_hosts_of_a_private_network_are_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOOSTEZ_PRIVATE_HOSTS", " Contractor.Region.lan, 10.1.2.3,[fd12::1] ")
    assert settings().private_hosts == {"contractor.region.lan", "10.1.2.3", "fd12::1"}


def test_a_bad_value_is_not_in_the_error_of_the_library_either() -> None:
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"portal_url": f"https://me:{CANARY}@a.example"})
    assert CANARY not in f"{caught.value!r}{caught.value}"


def test_every_bad_value_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOOSTEZ_PORTAL_PORT", "x")
    monkeypatch.setenv("BOOSTEZ_QUARANTINE_BUDGET", "y")
    with pytest.raises(Misconfigured) as caught:
        settings()
    assert "BOOSTEZ_PORTAL_PORT" in str(caught.value)
    assert "BOOSTEZ_QUARANTINE_BUDGET" in str(caught.value)


def test_a_bad_value_beside_secrets_tells_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRETS:
        monkeypatch.setenv(PREFIX + name.upper(), CANARY)
    monkeypatch.setenv("BOOSTEZ_PORTAL_PORT", "x")
    with pytest.raises(Misconfigured) as caught:
        settings()
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@given(st.text("abcdef0123456789", min_size=8))
def test_secrets_are_never_in_what_settings_show(secret: str) -> None:
    canary = f"canary-{secret}"
    read = Settings.model_validate(dict.fromkeys(SECRETS, SecretStr(canary)))
    shown = (
        repr(read),
        str(read),
        f"{read}",
        str(read.model_dump()),
        read.model_dump_json(),
        str(read.__dict__),
    )
    assert not any(canary in text for text in shown)
    assert read.facebook_token.get_secret_value() == canary


def test_every_setting_that_sounds_secret_is_one() -> None:
    for name, field in Settings.model_fields.items():
        words = (
            "secret",
            "token",
            "password",
            "database_url",
            "alert_urls",
            "alert_destinations",
            "smtp_url",
            "sms_url",
            "redis_url",
            "heartbeat_url",
        )
        sounds = any(word in name for word in words)
        assert ("SecretStr" in str(field.annotation)) is sounds, name


def test_every_setting_says_what_it_means() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_settings_cannot_be_changed() -> None:
    read = Settings()
    with pytest.raises(ValidationError):
        read.portal_port = 1  # type: ignore[misc]


def test_settings_travel_to_another_process() -> None:
    read = Settings(portal_port=4999)
    assert pickle.loads(pickle.dumps(read)) == read


def test_without_any_variable_the_guards_believe_what_core_says() -> None:
    assert settings().limits == Limits()


def test_each_limit_of_the_guards_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = {
        "GUARD_FALL": "0.5",
        "GUARD_RUN_FLOOR": "3",
        "GUARD_RUN_SHARE": "0.25",
        "GUARD_DAY_CAP": "70",
        "GUARD_DAY_SHARE": "0.3",
        "GUARD_DAY_FLOOR": "4",
    }
    for name, value in chosen.items():
        monkeypatch.setenv(PREFIX + name, value)
    assert settings().limits == Limits(
        fall=0.5, run_floor=3, run_share=0.25, day_cap=70, day_share=0.3, day_floor=4
    )


def test_a_list_that_is_no_json_names_its_setting_and_tells_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line ended in a traceback."""
    monkeypatch.setenv("BOOSTEZ_ALERT_URLS", "mailto://hub:hunter2@relay.example")
    settings.cache_clear()
    with pytest.raises(Misconfigured, match="alert_urls") as told:
        settings()
    assert "hunter2" not in str(told.value)
    settings.cache_clear()


def test_letters_come_back_to_their_sender_unless_another_address_is_named() -> None:
    assert Settings(mail_from="region@a.example").bounce == "region@a.example"
    assert (
        Settings(mail_from="region@a.example", mail_bounce="retours@a.example").bounce == "retours@a.example"
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BOOSTEZ_SECRETS_DIR", str(tmp_path))
    return tmp_path


def test_a_secret_comes_from_a_file_too_without_its_line_end(folder: Path) -> None:
    (folder / "boostez_facebook_token").write_text(f"{CANARY}\n", "utf-8")
    (folder / "BOOSTEZ_ALERT_URLS").write_text('["json://alerts.example"]', "utf-8")
    assert settings().facebook_token.get_secret_value() == CANARY
    assert [url.get_secret_value() for url in settings().alert_urls] == ["json://alerts.example"]
    assert CANARY in settings().secrets


def test_a_variable_goes_before_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "boostez_facebook_token").write_text("of-the-file", "utf-8")
    monkeypatch.setenv("BOOSTEZ_FACEBOOK_TOKEN", "of-the-variable")
    assert settings().facebook_token.get_secret_value() == "of-the-variable"


def test_an_empty_file_waits_to_be_filled(folder: Path) -> None:
    """Empty, ALERT_URLS was no JSON and nothing started, the part that named all that is missing neither."""
    for name in ("boostez_alert_urls", "boostez_facebook_token", "boostez_database_url"):
        (folder / name).write_text("\n", "utf-8")
    read = settings()
    assert (read.alert_urls, read.database_url) == ([], None)
    assert {"alert_urls", "facebook_token", "database_url"}.isdisjoint(read.model_fields_set)


def test_a_folder_as_kubernetes_mounts_it_is_read(folder: Path) -> None:
    """Each file is a link to one of a folder, which is a link that changes when the secret does."""
    (folder / "..2026_11_30").mkdir()
    (folder / "..2026_11_30" / "boostez_facebook_token").write_text(CANARY, "utf-8")
    (folder / "..data").symlink_to("..2026_11_30")
    (folder / "boostez_facebook_token").symlink_to("..data/boostez_facebook_token")
    assert settings().facebook_token.get_secret_value() == CANARY


def test_a_folder_that_is_not_there_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOOSTEZ_SECRETS_DIR", str(folder / "nowhere"))
    with pytest.raises(Misconfigured, match=r"BOOSTEZ_SECRETS_DIR: there is no folder .*nowhere"):
        settings()


def test_a_value_of_a_file_that_does_not_fit_is_not_shown(folder: Path) -> None:
    (folder / "boostez_prefect_password").write_text("too short", "utf-8")
    with pytest.raises(Misconfigured, match="BOOSTEZ_PREFECT_PASSWORD") as refused:
        settings()
    assert "too short" not in str(refused.value).replace("BOOSTEZ_PREFECT_PASSWORD", "")
