"""Which sources and channels there are: one line each.

Belongs here: building each from the settings, and reading what every channel wants. Does not: any of them. Deleting one
is deleting its folder and its line here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from connectors import clock
from connectors.aggregator_feed import channel as aggregator_feed
from connectors.aggregator_feed.channel import AggregatorFeed
from connectors.alerts import channel as alerts
from connectors.alerts.channel import Alerts
from connectors.caldav import channel as caldav
from connectors.caldav.channel import Calendars
from connectors.caldav.client import CalDav
from connectors.channel import Channel
from connectors.contractor import channel as contractor_channel
from connectors.contractor import wire as contractor
from connectors.contractor.channel import ContractorChannel
from connectors.contractor.client import Contractor
from connectors.dialogue_rules import dialogue_rules
from connectors.facebook_dialogues import channel as facebook_dialogues
from connectors.facebook_dialogues.channel import FacebookDialogues
from connectors.facebook_live import channel as facebook_live
from connectors.facebook_live.broadcast import Broadcast
from connectors.facebook_live.channel import FacebookLive
from connectors.facebook_live.comments import Comments
from connectors.facebook_page import channel as facebook_page
from connectors.facebook_page.channel import FacebookPage
from connectors.france_travail import client as france_travail_file
from connectors.france_travail import wire as france_travail
from connectors.graph import words as graph_words
from connectors.graph.client import WINDOW, Graph
from connectors.http import ATTEMPTS, Http
from connectors.indeed import client as indeed_file
from connectors.indeed import wire as indeed
from connectors.instagram import channel as instagram
from connectors.instagram.channel import Instagram
from connectors.lheo import client as lheo_file
from connectors.lheo import wire as lheo
from connectors.mail import channel as mail
from connectors.mail import coverage as coverage_letters
from connectors.mail import dialogues as dialogue_letters
from connectors.mail import digests as digest_letters
from connectors.mail import postings as posting_letters
from connectors.mail import programme as programme_letters
from connectors.mail import questions as question_letters
from connectors.mail.channel import Mail
from connectors.mail.coverage import CoverageLetters
from connectors.mail.dialogues import DialogueLetters
from connectors.mail.digests import DigestLetters
from connectors.mail.postings import PostingLetters
from connectors.mail.programme import ProgrammeLetters
from connectors.mail.questions import QuestionLetters
from connectors.mail.wire import Letter
from connectors.open_portal import channel as open_portal
from connectors.open_portal.channel import OpenPortal
from connectors.region.coverage import media
from connectors.region.database import Region
from connectors.region.dialogues.dialogue_steps import Hub
from connectors.region.ledger import channel_state
from connectors.region.ledger.budgets import SharedBudget
from connectors.region.offers import postings
from connectors.region.sessions import reminders
from connectors.region.sessions.reminders import Rules
from connectors.reminder_rules import reminder_rules
from connectors.reviewed import reviewed
from connectors.service_level_rules import service_level_rules
from connectors.settings import Settings
from connectors.sms import channel as sms
from connectors.sms import programme as programme_texts
from connectors.sms.channel import Sms
from connectors.sms.programme import ProgrammeTexts
from connectors.sms.wire import Text
from connectors.writing import Writer, by_tag
from core.drafts import Draft
from core.policy import Policy
from core.service_levels import Rules as Levels
from schemas.errors import BoostezError, Misconfigured

T = TypeVar("T")


class Source(msgspec.Struct, frozen=True):
    """An outside system that offers come from.

    ``schema`` names the JSON Schema of its payload; ``peek`` reads ref, version and change instant of a raw payload
    without decoding the rest; ``draft`` puts a valid payload in our words; ``read`` reads a file of its payloads; ``is_own``
    knows the ref of an offer that we sent there, which comes back and is none of the source's.
    """

    name: str
    schema: str
    peek: Callable[[bytes], tuple[str | None, int | None, str | None]]
    draft: Callable[[Any], Draft]
    read: Callable[[Path], Iterator[bytes]] | None = None
    is_own: Callable[[str | None], bool] = lambda _: False


def _unversioned(
    peek: Callable[[bytes], tuple[str | None, str | None]],
) -> Callable[[bytes], tuple[str | None, int | None, str | None]]:
    def versioned(raw: bytes) -> tuple[str | None, int | None, str | None]:
        ref, updated_at = peek(raw)
        return ref, None, updated_at

    return versioned


SOURCES = {
    source.name: source
    for source in (
        Source("contractor", contractor.SCHEMA, contractor.peek, contractor.draft, is_own=contractor.is_own),
        Source(
            "france_travail",
            france_travail.SCHEMA,
            _unversioned(france_travail.peek),
            france_travail.draft,
            france_travail_file.read,
        ),
        Source("indeed", indeed.SCHEMA, _unversioned(indeed.peek), indeed.draft, indeed_file.read),
        Source("lheo", lheo.SCHEMA, _unversioned(lheo.peek), lheo.draft, lheo_file.read),
    )
}

CHANNELS: dict[str, Callable[[Settings, Region], Channel]] = {
    open_portal.NAME: lambda _, region: OpenPortal(region),
    aggregator_feed.NAME: lambda settings, _: AggregatorFeed(settings.feeds, settings.public_url),
    facebook_page.NAME: lambda settings, region: FacebookPage(
        graph(settings, region), page=settings.facebook_page_id, publisher=settings.public_url
    ),
    contractor_channel.NAME: lambda settings, _: ContractorChannel(
        contractor_client(settings), settings.public_url
    ),
}
ONLY: dict[str, tuple[str, ...]] = {contractor_channel.NAME: (postings.SOURCE,)}
"""The only sources whose offers a channel is sent, whatever its policy says: the contractor has its own."""

ANNOUNCERS: dict[str, Callable[[Settings, Region], Channel]] = {
    facebook_dialogues.NAME: lambda settings, region: FacebookDialogues(
        graph(settings, region), page=settings.facebook_page_id, publisher=settings.public_url
    ),
    facebook_live.NAME: lambda settings, region: FacebookLive(
        graph(settings, region),
        page=settings.facebook_page_id,
        publisher=settings.public_url,
        event_params=settings.facebook_event_params,
    ),
    caldav.NAME: lambda settings, _: Calendars(calendar_server(settings), settings.public_url),
}
"""Channels that carry no offers but what dialogues want (region/ledger/wants.py): no policy speaks of them."""

ALBUMS: dict[str, Callable[[Settings, Region], Channel]] = {
    instagram.NAME: lambda settings, region: Instagram(
        graph(settings, region),
        user=settings.instagram_user_id,
        publisher=settings.public_url,
        judge=lambda ref: media.judge(region, ref, _now()),
        known=lambda: media.instagram_ids(region),
    ),
}
"""Channels that carry media of covered events (region/coverage/media.py)."""

WANTED: Final = (*ANNOUNCERS, *ALBUMS)
"""Channels that carry what is wanted one by one, each with a content of its own."""

LETTERS: dict[str, Callable[[Settings, Region], Writer[Letter]]] = {
    posting_letters.ABOUT: lambda settings, region: PostingLetters(
        settings, partial(postings.addressed, region)
    ),
    programme_letters.ABOUT: lambda settings, region: ProgrammeLetters(
        settings, region, _rules(settings), _now
    ),
    question_letters.ABOUT: lambda settings, region: QuestionLetters(settings, region, _now),
    dialogue_letters.ABOUT: lambda settings, region: DialogueLetters(settings, region, _now),
    coverage_letters.ABOUT: lambda settings, region: CoverageLetters(settings, region, _now),
    digest_letters.ABOUT: lambda settings, region: DigestLetters(
        settings, region, partial(objectives, settings), _now
    ),
}
"""Who writes a letter, by what its effect is about."""

TEXTS: dict[str, Callable[[Settings, Region], Writer[Text]]] = {
    programme_texts.ABOUT: lambda settings, region: ProgrammeTexts(settings, region, _rules(settings), _now),
}
"""Who writes a text, by what its effect is about."""

MESSENGERS: dict[str, Callable[[Settings, Region], Channel]] = {
    alerts.NAME: lambda settings, _: Alerts(settings),
    mail.NAME: lambda settings, region: Mail(
        settings, _by_tag(LETTERS, settings, region), _turn(region, mail.NAME, settings.mail_per_minute)
    ),
    sms.NAME: lambda settings, region: Sms(
        settings, _by_tag(TEXTS, settings, region), _turn(region, sms.NAME, settings.sms_per_minute)
    ),
}
"""Channels that carry no offers but once-only effects: each is its own plan, so no policy speaks of them."""

EVERY: Final = (*CHANNELS, *WANTED, *MESSENGERS)
"""The name of every channel, whatever it carries."""


def _by_tag(
    writers: Mapping[str, Callable[[Settings, Region], Writer[T]]], settings: Settings, region: Region
) -> Writer[T]:
    return by_tag({about: build(settings, region) for about, build in writers.items()})


def _rules(settings: Settings) -> Rules:
    return reminders.named(reminder_rules(settings.reminders_file))


def _now() -> dt.datetime:
    return clock.now()


def _turn(region: Region, channel: str, per_minute: int) -> Callable[[], None]:
    """What waits until a call may leave, for all workers together."""
    return SharedBudget(region, channel, least=60 / per_minute if per_minute else 0.0).enter


def broadcast(settings: Settings, region: Region) -> Broadcast:
    """The Page's live videos, on the air."""
    return Broadcast(graph(settings, region), settings.facebook_page_id)


def comments(settings: Settings, region: Region) -> Comments:
    """What is said under the Page's live videos and posts."""
    return Comments(graph(settings, region), settings.facebook_page_id)


def portal_answers(settings: Settings) -> Callable[[str], bool]:
    """Whether a page of the portal answers, as residents reach it."""

    def answers(page: str) -> bool:
        http = Http(settings.public_url, setting="BOOSTEZ_PORTAL_URL", private_hosts=settings.private_hosts)
        try:
            return http.read(page.removeprefix(settings.public_url), lambda answer: answer.status_code == 200)
        except BoostezError:
            return False
        finally:
            http.close()

    return answers


def source(name: str) -> Source:
    """The source of that name.

    Raises:
        Misconfigured: there is none.

    """
    try:
        return SOURCES[name]
    except KeyError:
        raise Misconfigured(f"No source {name!r}: there are {', '.join(SOURCES)}.") from None


def channel(name: str, settings: Settings, region: Region) -> Channel:
    """The channel of that name.

    Raises:
        Misconfigured: there is none, or its settings do not fit.

    """
    build = CHANNELS.get(name) or ANNOUNCERS.get(name) or ALBUMS.get(name) or MESSENGERS.get(name)
    if build is None:
        raise Misconfigured(f"No channel {name!r}: there are {', '.join(EVERY)}.")
    return build(settings, region)


def graph(settings: Settings, region: Region | None, *, attempts: int = ATTEMPTS) -> Graph:
    """Graph API, as whoever writes to the Page calls it: Graph counts by the Page, so all share one budget.

    Without ``region`` its calls wait for nobody's turn: for a few that must not.
    """
    http = Http(
        settings.graph,
        setting="BOOSTEZ_FACEBOOK_GRAPH_URL",
        private_hosts=settings.private_hosts,
        hushed=graph_words.STREAM,
        gate=SharedBudget(region, facebook_page.NAME, graph_words.usage, WINDOW) if region else None,
        attempts=attempts,
    )
    return Graph(
        http,
        version=settings.facebook_graph_version,
        token=settings.facebook_token,
        secret=settings.app_secret,
    )


def calendar_server(settings: Settings, *, attempts: int = ATTEMPTS) -> CalDav:
    """The calendar server of the settings.

    Raises:
        Misconfigured: there is none.

    """
    if settings.caldav_url is None:
        raise Misconfigured(
            "BOOSTEZ_CALDAV_URL is not set: give the calendar home of the Region's CalDAV server (https://…/account), and its "
            "account in BOOSTEZ_CALDAV_USER and BOOSTEZ_CALDAV_PASSWORD."
        )
    return CalDav(
        Http(
            settings.caldav_url,
            setting="BOOSTEZ_CALDAV_URL",
            private_hosts=settings.private_hosts,
            attempts=attempts,
        ),
        settings.caldav_user,
        settings.caldav_password,
    )


def contractor_client(settings: Settings, *, attempts: int = ATTEMPTS) -> Contractor:
    """The contractor of the settings."""
    return Contractor(
        Http(
            settings.contractor,
            setting="BOOSTEZ_CONTRACTOR_URL",
            private_hosts=settings.private_hosts,
            attempts=attempts,
        ),
        settings.contractor_client_id,
        settings.contractor_client_secret,
    )


def dialogue_hub(settings: Settings) -> Hub:
    """What a dialogue's steps go by. Without a calendar server nothing waits for one.

    Raises:
        Misconfigured: a file of rules does not fit its schema, or makes no sense.

    """
    rules = dialogue_rules(settings.dialogue_file, frozenset(ANNOUNCERS))
    if settings.caldav_url is None:
        rules = msgspec.structs.replace(
            rules, channels=tuple(name for name in rules.channels if name != caldav.NAME)
        )
    return Hub(rules, reminder_rules(settings.reminders_file), settings.public_url)


def objectives(settings: Settings) -> Levels:
    """What the hub promises of itself.

    Raises:
        Misconfigured: the file does not fit its schema, or its objectives make no sense.

    """
    return service_level_rules(settings.service_levels_file, tuple(SOURCES), tuple(CHANNELS))


@cache
def policies(file: Path) -> dict[str, Policy]:
    """What every channel wants, from the reviewed file, in its order.

    Raises:
        Misconfigured: the file does not fit its schema or names an unknown channel.

    """
    written = reviewed(file, "channels.v1")
    if unknown := set(written) - set(CHANNELS):
        raise Misconfigured(
            f"{file}: no channel {', '.join(sorted(unknown))}; there are {', '.join(CHANNELS)}."
        )
    return {
        name: Policy(
            name,
            tuple(wanted["kinds"]),
            None if wanted["budget"] == "all" else wanted["budget"],
            wanted.get("enabled", True),
            wanted.get("drift", "report"),
            ONLY.get(name, ()),
        )
        for name, wanted in written.items()
    }


def wanted(file: Path, channel: str | None = None) -> dict[str, Policy]:
    """The policies of every channel, or of the one that somebody names.

    Raises:
        Misconfigured: the file says nothing of it.

    """
    every = policies(file)
    if channel is None:
        return every
    if channel not in every:
        raise Misconfigured(f"{file} says nothing of {channel!r}: there are {', '.join(every)}.")
    return {channel: every[channel]}


def audited(settings: Settings, region: Region, channel: str | None = None) -> dict[str, bool]:
    """The channels that an audit reads, all or the one that somebody names, each with whether what differs is healed unasked.

    A policy says so of channels of offers. Of an announcer a person is told; without a name it is left out when nothing was
    ever wanted of it, or nothing is and its settings lack it.

    Raises:
        Misconfigured: there is no such channel, or no policy speaks of it.

    """
    if channel in WANTED:
        return {channel: False}
    policed = {n: policy.drift == "heal" for n, policy in wanted(settings.channels_file, channel).items()}
    if channel is not None:
        return policed
    known = channel_state.standings(region)
    there = {name: known[name] for name in WANTED if name in known}
    return policed | {
        name: False
        for name, standing in there.items()
        if standing.wanted or standing.live or _is_set_up(name, settings, region)
    }


def _is_set_up(name: str, settings: Settings, region: Region) -> bool:
    try:
        channel(name, settings, region).close()
    except Misconfigured:
        return False
    return True
