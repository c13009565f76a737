"""The conformance suite of messengers: channels of once-only effects that nobody can look up."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from prefect.logging import disable_run_logger
from pydantic import SecretStr
from sqlalchemy import text

from connectors.alert_rules import addresses, alert_rules
from connectors.channel import ItemChannel, Readable
from connectors.region.alerting import alerts, notices
from connectors.region.database import Region
from connectors.region.ledger import channel_state, ledger
from connectors.region.offers import postings
from connectors.region.publishing import replays
from connectors.registry import CHANNELS, MESSENGERS, TEXTS, channel
from connectors.settings import Settings
from connectors.sms.wire import Text
from connectors.writing import TAG, Writer
from deployments.stack import gateway_of
from tasks.deliver import carry_out
from tasks.progress import Progress
from tasks.replay import replay_failed
from tasks.run import Delivered
from tests.makers import NOON, portal_draft
from tests.worlds import Hub, Sandbox

pytestmark = [pytest.mark.database, pytest.mark.catalogue(1, 1)]


class Case(msgspec.Struct, frozen=True):
    """How a messenger is tried: ``say`` something, make sure that its destinations left the settings, where faults go,
    where messages are counted.
    """

    say: Callable[[Hub, str], None]
    emptied: Callable[[Settings], Settings]
    path: str
    setting: str
    box: str


def _alert(hub: Hub, words: str) -> None:
    alerts.sound(hub.region, words, f"About {words}", words, NOON)
    notices.give(hub.region, alert_rules(hub.settings.alerts_file), addresses(hub.settings), NOON)


def _letter(hub: Hub, words: str) -> None:
    postings.add(
        hub.region, portal_draft(title=f"Boulanger {words}"), f"{words}@fournil.example", b"origin", NOON
    )


class _Trial(msgspec.Struct, frozen=True, tag_field=TAG, tag="trial"):
    """What a text of this suite is about."""

    words: str


def _texting(_settings: Settings, _region: Region) -> Writer[Text]:
    """The writer of this suite's texts: each telephone is found when its text is sent."""

    def write(content: bytes) -> Text:
        trial = msgspec.json.decode(content, type=_Trial)
        phone = f"+336{zlib.crc32(trial.words.encode()) % 10**8:08}"
        return Text(phone, f"About {trial.words}", "https://portail.example/s/AbC12")

    return write


def _text(hub: Hub, words: str) -> None:
    plan(hub, "sms", _Trial(words))


def plan(hub: Hub, name: str, message: msgspec.Struct) -> None:
    """An effect of that content, as whoever plans one writes it."""
    content = msgspec.json.encode(message)
    values = {"name": name, "content": content.decode(), "hash": hashlib.sha256(content).digest()}
    with hub.region.begin() as connection:
        connection.execute(text("INSERT INTO channel (name) VALUES (:name) ON CONFLICT DO NOTHING"), values)
        connection.execute(
            text(
                "INSERT INTO effect (channel, subject, wanted_hash, state, content) "
                "VALUES (:name, substr(encode(:hash, 'hex'), 1, 8), :hash, 'planned', cast(:content AS jsonb))"
            ),
            values,
        )


CASES = {
    "alerts": Case(
        say=_alert,
        emptied=lambda settings: settings.model_copy(update={"alert_urls": []}),
        path="/inbox",
        setting="BOOSTEZ_ALERT_URLS",
        box="inbox",
    ),
    "mail": Case(
        say=_letter,
        emptied=lambda settings: settings.model_copy(update={"smtp_url": None}),
        path="/smtp",
        setting="BOOSTEZ_SMTP_URL",
        box="mails",
    ),
    "sms": Case(
        say=_text,
        emptied=lambda settings: settings.model_copy(update={"sms_url": None}),
        path="/sms/",
        setting="BOOSTEZ_SMS_URL",
        box="texts",
    ),
}


@pytest.fixture(autouse=True)
def _writing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TEXTS, "trial", _texting)


@pytest.fixture
def patient(hub: Hub, sandbox: Sandbox) -> Hub:
    """A hub whose messages give up after a second."""
    address = SecretStr(f"{sandbox.base.replace('http:', 'json:')}/inbox?rto=1&cto=1")
    assert hub.settings.smtp_url is not None
    relay = SecretStr(f"{hub.settings.smtp_url.get_secret_value()}?timeout=1")
    gateway = SecretStr(f"{gateway_of(sandbox.base)}&rto=1&cto=1")
    changes = {"alert_urls": [address], "smtp_url": relay, "sms_url": gateway}
    hub.settings = hub.settings.model_copy(update=changes)
    return hub


def received(sandbox: Sandbox, name: str) -> dict[str, int]:
    told = sandbox.truth()[CASES[name].box]
    return {key: told[key] for key in ("messages", "duplicates")}


def send(hub: Hub, name: str) -> Any:
    delivered = Delivered()
    with disable_run_logger():
        carry_out(hub.region, hub.settings, name, delivered, Progress(name, 0))
    return delivered


def standing(hub: Hub, name: str) -> channel_state.Standing:
    return channel_state.standings(hub.region)[name]


def errors(hub: Hub, name: str) -> list[tuple[str, str, str]]:
    with hub.region.begin() as connection:
        rows = connection.execute(
            text("SELECT state, cause, error FROM effect WHERE channel = :name ORDER BY id"), {"name": name}
        )
        return [(row.state, row.cause, row.error) for row in rows]


def test_every_registered_messenger_is_in_the_suite() -> None:
    assert set(MESSENGERS) == set(CASES)


def test_a_messenger_is_no_channel_of_offers() -> None:
    assert not set(MESSENGERS) & set(CHANNELS)


@pytest.mark.parametrize("name", CASES)
class TestConformance:
    def test_it_says_what_it_can_do(self, hub: Hub, name: str) -> None:
        built = channel(name, hub.settings, hub.region)
        assert isinstance(built, ItemChannel)
        assert not isinstance(built, Readable)
        assert built.name == name
        assert built.capabilities.form
        assert built.capabilities.batch > 0
        assert built.capabilities.lease_seconds > 0

    def test_it_sends_each_message_once(self, hub: Hub, sandbox: Sandbox, name: str) -> None:
        for words in ("first", "second", "third"):
            CASES[name].say(hub, words)
        assert send(hub, name).created == 3
        for _ in range(3):
            assert send(hub, name).created == 0
            hub.settle(name)
        assert received(sandbox, name) == {"messages": 3, "duplicates": 0}
        assert (standing(hub, name).live, standing(hub, name).quiet) == (3, True)

    def test_with_nothing_to_say_it_calls_nobody(self, hub: Hub, sandbox: Sandbox, name: str) -> None:
        assert send(hub, name).created == 0
        assert sandbox.http.get("/log").json()["count"] == 0

    def test_all_workers_together_keep_to_the_number_a_minute(self, hub: Hub, name: str) -> None:
        """With one a minute the second waits for more than a worker may: it is put off, not lost."""
        for words in ("first", "second"):
            CASES[name].say(hub, words)
        hub.settings = hub.settings.model_copy(update={"mail_per_minute": 1, "sms_per_minute": 1})
        delivered = send(hub, name)
        if name == "alerts":  # a person should hear at once, and its destinations keep to limits of their own
            assert delivered.created == 2
            return
        assert (delivered.created, delivered.waiting) == (1, True)
        (row,) = [row for row in errors(hub, name) if row[0] == "planned"]
        assert row[1] == "limit"
        assert send(hub, name).created == 0

    @pytest.mark.parametrize(
        ("fault", "delivered"),
        [
            ("error_500_before", 0),
            ("error_500_after", 1),
            ("timeout_before", 0),
            ("timeout_after", 1),
            ("rate_limited", 0),
            ("unavailable", 0),
        ],
    )
    def test_what_it_cannot_say_is_parked_and_never_sent_again_by_itself(
        self, patient: Hub, sandbox: Sandbox, name: str, fault: str, delivered: int
    ) -> None:
        CASES[name].say(patient, "first")
        sandbox.fault(CASES[name].path, fault)
        assert send(patient, name).unknown == 1
        assert send(patient, name).created == 0
        assert patient.settle(name).parked == 1
        for _ in range(3):
            send(patient, name)
            patient.settle(name)
        assert received(sandbox, name) == {"messages": delivered, "duplicates": 0}
        assert standing(patient, name).parked == 1
        ((state, cause, error),) = errors(patient, name)
        assert (state, cause) == ("parked", "lookup")
        assert "cannot be looked up" in error

    def test_one_that_fails_holds_up_no_other(self, patient: Hub, sandbox: Sandbox, name: str) -> None:
        for words in ("first", "second", "third"):
            CASES[name].say(patient, words)
        sandbox.fault(CASES[name].path, "error_500_before", skip=1)
        delivered = send(patient, name)
        assert (delivered.created, delivered.unknown) == (2, 1)

    def test_a_worker_that_died_leaves_its_message_to_a_person(self, hub: Hub, name: str) -> None:
        CASES[name].say(hub, "first")
        ledger.claim(hub.region, name, "any", 50, 600)  # and the worker dies
        hub.settle(name)
        assert standing(hub, name).intent == 1
        with hub.region.begin() as connection:
            connection.execute(text("UPDATE effect SET lease_until = now() - interval '1 second'"))
        assert hub.settle(name).parked == 1
        assert send(hub, name).created == 0

    def test_a_person_may_have_it_sent_again(self, patient: Hub, sandbox: Sandbox, name: str) -> None:
        CASES[name].say(patient, "first")
        sandbox.fault(CASES[name].path, "error_500_before")
        send(patient, name)
        patient.settle(name)
        with disable_run_logger():
            for parked in (False, True):
                choice = replays.Choice(channel=name, parked=parked)
                replay_failed.fn(patient.region, patient.settings, choice, dry=False)
        assert received(sandbox, name) == {"messages": 1, "duplicates": 0}
        assert standing(patient, name).parked == 0

    def test_a_destination_that_left_is_refused_and_says_why(
        self, hub: Hub, sandbox: Sandbox, name: str
    ) -> None:
        CASES[name].say(hub, "first")
        hub.settings = CASES[name].emptied(hub.settings)
        assert send(hub, name).refused == 1
        ((state, cause, error),) = errors(hub, name)
        assert (state, cause) == ("rejected", "content")
        assert CASES[name].setting in error
        assert standing(hub, name).refused == 1
        assert received(sandbox, name)["messages"] == 0

    def test_no_address_is_in_any_row(self, patient: Hub, sandbox: Sandbox, name: str) -> None:
        for fault in ("error_500_after", "timeout_before"):
            sandbox.fault(CASES[name].path, fault)
        for words in ("first", "second", "third"):
            CASES[name].say(patient, words)
        send(patient, name)
        patient.settle(name)
        address = sandbox.base.partition("://")[2]
        assert rows_that_tell(patient, address) == []
        assert set(rows_that_tell(patient, "@fournil.example")) <= {"posting"}, "a person's is in one column"
        assert rows_that_tell(patient, "+336") == []
        assert rows_that_tell(patient, "first") != []


def rows_that_tell(hub: Hub, words: str) -> list[str]:
    """The tables that hold some words anywhere."""
    found = []
    with hub.region.begin() as connection:
        tables = connection.execute(
            text(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
            )
        ).scalars()
        for table in list(tables):
            rows = connection.execute(
                text(f'SELECT count(*) FROM "{table}" t WHERE position(:words IN t::text) > 0'),
                {"words": words},
            ).scalar_one()
            found += [table] * bool(rows)
    return found


def test_a_letter_that_nobody_needs_any_more_is_no_failure_that_somebody_should_do_again(
    hub: Hub, sandbox: Sandbox
) -> None:
    """It counted as refused, and a replay of what had failed took it along for ever."""
    _letter(hub, "first")
    with hub.region.begin() as connection:
        connection.execute(text("DELETE FROM posting"))
    delivered = send(hub, "mail")
    assert (delivered.moot, delivered.refused) == (1, 0)
    assert (standing(hub, "mail").moot, standing(hub, "mail").refused) == (1, 0)
    assert [row[:2] for row in errors(hub, "mail")] == [("rejected", "moot")]
    assert hub.replay(dry=True).replayed.number == 0
    assert hub.replay(dry=True, cause="content").replayed.number == 0
    assert hub.replay(dry=True, cause="moot").replayed.number == 1, "when it is named"
    hub.tell()
    assert sandbox.truth()["inbox"]["messages"] == 0
