"""The outside systems: there, with our credentials, and the right ones.

Belongs here: their checks, which only read; of a folder of feeds, one empty file that is taken away at once. Does not: a call
(connectors).
"""

from __future__ import annotations

import datetime as dt
import socket
from typing import Final
from urllib.parse import urlsplit

from pydantic import SecretStr

from connectors import hub, notifying, registry, telemetry
from connectors.aggregator_feed.channel import AggregatorFeed
from connectors.graph import tokens
from connectors.mail.relay import Relay
from connectors.oidc.provider import Provider
from connectors.sms import wire
from deployments.doctor.database import skew
from deployments.doctor.examining import Case, Check, Finding, bad, good, unasked, warning
from schemas.errors import Permanent, Unreachable

ATTEMPTS: Final = 2
SOON: Final = dt.timedelta(days=14)
CHANNEL: Final = "docs/runbook/channel-paused.md"
RENEW: Final = "Put the Page's own token in BOOSTEZ_FACEBOOK_TOKEN (a person's looks the same): connectors/facebook_page/README.md"


def contractor(case: Case) -> Finding:
    """It lets us in, and has our time."""
    client = registry.contractor_client(case.settings, attempts=ATTEMPTS)
    before = case.now()
    try:
        theirs = client.now()
    finally:
        client.http.close()
    found = skew(before, theirs, case.now(), unit=1.0)
    return found if found.verdict == "bad" else good(f"{case.settings.contractor} lets us in; {found.seen}")


def facebook(case: Case) -> Finding:
    """The token is the Page's, reads what only the Page may, and lasts."""
    graph, page = registry.graph(case.settings, None, attempts=ATTEMPTS), case.settings.facebook_page_id
    try:
        owner = tokens.owner(graph, page)
        until = tokens.expires(graph)
    except Permanent as error:
        return bad(str(error), RENEW)
    finally:
        graph.http.close()
    if owner != page:
        return bad(f"the token is of {owner}, not of the Page {page}", RENEW)
    if until is None:
        return good(f"the token is the Page's, {page}; no end is told")
    left = until - case.now()
    told = f"the token is the Page's, {page}, until {until:%Y-%m-%d %H:%M} UTC"
    if left <= dt.timedelta():
        return bad(told, "Renew BOOSTEZ_FACEBOOK_TOKEN.")
    return warning(told, "Renew BOOSTEZ_FACEBOOK_TOKEN before.") if left < SOON else good(told)


def instagram(case: Case) -> Finding:
    """The account can be read with the Page's token."""
    graph, user = registry.graph(case.settings, None, attempts=ATTEMPTS), case.settings.instagram_user_id
    try:
        tokens.sees(graph, f"{user}/content_publishing_limit")
    finally:
        graph.http.close()
    return good(f"account {user}")


def mail(case: Case) -> Finding:
    """The relay greets us, encrypts and takes our password; no letter is sent."""
    if case.settings.smtp_url is None:
        return unasked("BOOSTEZ_SMTP_URL is not set: no letter is sent, no offer can be posted")
    Relay(case.settings.smtp_url).greet()
    return good("the relay takes us")


def sms(case: Case) -> Finding:
    """The gateway's address is one, and somebody is there; whether it would take a text only a text tells."""
    if case.settings.sms_url is None:
        return unasked("BOOSTEZ_SMS_URL is not set: no text is sent")
    address = SecretStr(wire.address(case.settings.sms_url.get_secret_value(), "+33600000000", "none"))
    if wire.PHONE not in case.settings.sms_url.get_secret_value() or not notifying.knows(address):
        return bad(
            f"BOOSTEZ_SMS_URL is no address that Apprise knows, with {wire.PHONE} for the number",
            "connectors/sms/README.md",
        )
    return _reached("the gateway", "BOOSTEZ_SMS_URL", address)


def alerts(case: Case) -> Finding:
    """There is somebody to tell, at addresses that can be sent to."""
    addresses = case.settings.alert_urls
    if not addresses:
        return warning("BOOSTEZ_ALERT_URLS is not set: nobody hears of trouble", "Set BOOSTEZ_ALERT_URLS.")
    unknown = [str(number) for number, each in enumerate(addresses, 1) if not notifying.knows(each)]
    if unknown:
        return bad(
            f"of BOOSTEZ_ALERT_URLS, Apprise does not know address {', '.join(unknown)} of {len(addresses)}",
            "Write it as https://github.com/caronc/apprise/wiki shows, and try it with the command `apprise`.",
        )
    return good(f"{len(addresses)} that Apprise knows")


def caldav(case: Case) -> Finding:
    """The calendar server lets us in."""
    if case.settings.caldav_url is None:
        return unasked("BOOSTEZ_CALDAV_URL is not set: dialogues are in no calendar")
    server = registry.calendar_server(case.settings, attempts=ATTEMPTS)
    try:
        return good(f"{len(server.greet())} calendars")
    finally:
        server.close()


def feeds(case: Case) -> Finding:
    """The folder of the feeds takes a file."""
    AggregatorFeed(case.settings.feeds, case.settings.public_url).try_out()
    return good(case.settings.feeds)


def portal(case: Case) -> Finding:
    """It answers as residents reach it, and can serve."""
    ready = hub.readiness(case.settings.public_url, case.settings.private_hosts)
    if ready.status == "ready":
        return good(f"{case.settings.public_url} serves")
    return bad(f"{case.settings.public_url}: {ready.reason}", "docs/runbook/hub-silent.md")


def identity(case: Case) -> Finding:
    """Officers can sign in: the provider is there, is who we take it for, and has keys."""
    if case.settings.oidc_issuer is None:
        return unasked("BOOSTEZ_OIDC_ISSUER is not set: officers' pages are closed, docs/runbook/access.md")
    found = Provider(case.settings, case.settings.oidc_issuer)
    told, keys = found.metadata(), found.keys()
    return good(f"{told.issuer} lets people sign in, with {len(keys)} keys")


def metrics(case: Case) -> Finding:
    """The portal of this machine tells Prometheus the hub's numbers."""
    port = case.settings.metrics_port
    if port is None:
        return unasked("BOOSTEZ_METRICS_PORT is not set: nothing is told to Prometheus here")
    told = hub.metrics(port)
    if told.get("boostez_database_up") != 1:
        return bad(f"port {port} answers, without the database's numbers", "docs/runbook/hub-silent.md")
    return good(f"port {port} answers; reading took {told['boostez_metrics_read_seconds']:.1f} s")


def traces(case: Case) -> Finding:
    """What sends traces is there, and somebody is where they are sent."""
    if not telemetry.chosen(case.environment):
        return unasked("no OTEL_EXPORTER_OTLP_ENDPOINT: nothing is traced")
    if not telemetry.installed():
        return bad(
            "OTEL_* says where to send traces, and nothing that sends is installed", "Install boostez[otlp]."
        )
    for name in telemetry.VARIABLES:
        if address := case.environment.get(name):
            place = urlsplit(address)
            port = place.port or (443 if place.scheme == "https" else 80)
            try:
                socket.create_connection((place.hostname or "", port), timeout=5).close()
            except OSError as error:
                raise Unreachable(f"Nobody answers at {name}: {type(error).__name__}") from None
    return good("somebody is where they are sent")


def heartbeat(case: Case) -> Finding:
    """Somebody outside would notice that the hub is dead."""
    if case.settings.heartbeat_url is None:
        return unasked(
            "BOOSTEZ_HEARTBEAT_URL is not set: only `boostez watchdog` elsewhere sees the hub's own death"
        )
    return good("is set; a call would be a beat, so none is made")


def _reached(what: str, setting: str, address: SecretStr) -> Finding:
    place = notifying.place(address)
    if place is None:
        return good(f"{what}'s address is one that Apprise knows")
    try:
        socket.create_connection(place, timeout=5).close()
    except OSError as error:
        raise Unreachable(f"{what} of {setting} does not answer: {type(error).__name__}") from None
    return good(f"somebody is at {what}")


CHECKS: Final = (
    Check("contractor", contractor, "docs/runbook/contractor-unreachable.md"),
    Check("Facebook", facebook, CHANNEL),
    Check("Instagram", instagram, CHANNEL, ("Facebook",)),
    Check("mail relay", mail, "Check BOOSTEZ_SMTP_URL: docs/runbook/reminders-not-sent.md"),
    Check("SMS gateway", sms, "Check BOOSTEZ_SMS_URL: docs/runbook/reminders-not-sent.md"),
    Check("alerts", alerts),
    Check("calendars", caldav, "Check BOOSTEZ_CALDAV_URL: docs/runbook/officials-calendars.md"),
    Check("feeds", feeds, "Check BOOSTEZ_FEEDS_URL, and that its folder takes files of this account."),
    Check("portal", portal, "`boostez portal`, or docs/runbook/hub-silent.md"),
    Check("identity provider", identity, "Check BOOSTEZ_OIDC_ISSUER: docs/runbook/access.md"),
    Check("dead man's switch", heartbeat),
    Check("metrics", metrics, "`boostez portal` serves them on BOOSTEZ_METRICS_PORT: docs/operating.md"),
    Check("traces", traces, "Check the collector and OTEL_EXPORTER_OTLP_ENDPOINT: docs/operating.md"),
)
