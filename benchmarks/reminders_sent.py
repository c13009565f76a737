"""How fast reminders leave: how many a second are put in letters, and how many letters a second a relay takes.

    .venv/bin/python -m benchmarks.reminders_sent --people 10000 --letters 1000

Makes a database server of its own in a temporary folder, and a relay (aiosmtpd) in this process. ``people`` have one reminder each, all
due at once; of their letters so many are really sent, by the steps of the flow.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from prefect.logging import disable_run_logger
from pydantic import SecretStr

from connectors import clock
from connectors.region import migrations
from connectors.region.database import Region
from connectors.region.sessions import reminders
from connectors.reminder_rules import reminder_rules
from connectors.settings import Settings
from core.effects import Only
from deployments import postgres
from tasks.deliver import carry_out
from tasks.progress import Progress
from tasks.run import Delivered
from tests.hands import sql
from tests.programme import BEGINS, DAY, Programme
from tests.relays import Letters, relaying

PEOPLE = (
    (
        "INSERT INTO contact (name, email, origin, created_at, seen_at) SELECT 'Personne ' || n, n || '@firme.example', 'portal', :now, "
        ":now FROM generate_series(1, :people) n RETURNING id"
    ),
    (
        "INSERT INTO consent (contact_id, purpose, transport, given_at, proof) SELECT id, 'sessions', 'mail', :now, '{}' FROM contact "
        "RETURNING id"
    ),
)


def fill(region: Region, settings: Settings, people: int) -> Programme:
    """A session with so many people."""
    programme = Programme(region, reminder_rules(settings.reminders_file))
    session = programme.session(capacity=people)
    for statement in PEOPLE:
        sql(region, statement, people=people, now=programme.now)
    for contact in sql(region, "SELECT id FROM contact ORDER BY id"):
        programme.enrol(session, contact.id)
    sql(region, "UPDATE effect SET state = 'done' RETURNING id")  # the confirmations
    programme.now = BEGINS - 7 * DAY
    return programme


def measure(region: Region, settings: Settings, letters: Letters, people: int, sent: int) -> None:
    """Print both figures."""
    programme = fill(region, settings, people)
    begun = time.perf_counter()
    queued = reminders.queue(region, reminders.named(programme.rules), programme.now)
    seconds = time.perf_counter() - begun
    print(
        f"{queued.going:,} reminders in {queued.messages:,} letters in {seconds:.1f} s: {queued.going / seconds:,.0f} a second"
    )
    sql(
        region,
        "UPDATE effect SET not_before = 'infinity' WHERE state = 'planned' AND id NOT IN (SELECT id FROM effect WHERE "
        "state = 'planned' ORDER BY id LIMIT :sent) RETURNING id",
        sent=sent,
    )
    clock.now = lambda: programme.now
    begun = time.perf_counter()
    with disable_run_logger():
        carry_out(region, settings, "mail", Delivered(), Progress("letters", sent), Only())
    seconds = time.perf_counter() - begun
    print(f"{len(letters.taken):,} letters in {seconds:.1f} s: {len(letters.taken) / seconds:,.0f} a second")
    begun = time.perf_counter()
    closed = reminders.close(region, programme.now)
    print(f"{closed.sent:,} reminders closed in {time.perf_counter() - begun:.2f} s")


def main() -> None:
    """Read the arguments, measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--letters", type=int, default=1_000)
    asked = parser.parse_args()
    letters = Letters()
    with tempfile.TemporaryDirectory() as folder, relaying(letters) as relay:
        server = postgres.start(Path(folder) / "data")
        try:
            server.create_database("sent")
            region = Region(server.url("sent"))
            migrations.upgrade(region)
            settings = Settings(
                home=Path(folder),
                smtp_url=SecretStr(relay),
                mail_per_minute=0,
                portal_url="https://portail.example",
            )
            measure(region, settings, letters, asked.people, asked.letters)
            region.dispose()
        finally:
            server.stop()


if __name__ == "__main__":
    main()
