"""Postings in the database: what a decision does, what a newer text leaves alone, what is erased and when."""

from __future__ import annotations

import datetime as dt
import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from connectors.region.database import Region
from connectors.region.offers import offers, postings, retention
from connectors.region.offers.postings import Limits, Posting
from connectors.region.offers.retention import Tidied
from connectors.region.publishing import plans
from core.drafts import Draft
from schemas.errors import Misconfigured, Refused, RetryLater
from schemas.letters import PostingLetter
from schemas.offer import Employer, decode
from tests.hands import sql
from tests.makers import NOON, incoming, job, portal_draft

pytestmark = pytest.mark.database
DAY = dt.timedelta(days=1)
CHANNELS = ["open_portal", "aggregator_feed"]


def add(region: Region, contact: str = "contact@fournil.example", **changes: Any) -> Posting:
    return postings.add(region, portal_draft(**changes), contact, b"origin", NOON)


def waiting(region: Region, **changes: Any) -> Posting:
    found = postings.confirm(region, add(region, **changes).ref, NOON)
    assert found is not None
    return found


def approved(region: Region, **changes: Any) -> Posting:
    return postings.approve(region, waiting(region, **changes).id, 1, "Ada", NOON)


def rows(region: Region) -> list[tuple[str, str | None, str]]:
    found = sql(
        region,
        "SELECT status, closed_reason, content ->> 'title' FROM offer WHERE source = 'portal' ORDER BY id",
    )
    return [tuple(row) for row in found]


def letters(region: Region) -> list[str]:
    return [
        row.subject for row in sql(region, "SELECT subject FROM effect WHERE channel = 'mail' ORDER BY id")
    ]


def state(region: Region, posting: Posting) -> Posting:
    return postings.get(region, posting.id)


def test_what_waits_is_no_offer(region: Region) -> None:
    found = waiting(region)
    assert (found.state, found.confirmed_at) == ("waiting", NOON)
    assert rows(region) == []
    assert postings.undelivered(region, CHANNELS) == []


def test_an_approved_text_is_an_offer_through_the_same_rules_as_any(region: Region) -> None:
    found = approved(region, description="<p>Bon</p><script>alert(1)</script>", city="lyon")
    ((content,),) = sql(region, "SELECT content::text FROM offer WHERE source = 'portal'")
    offer = decode(content)
    assert (offer.ref, offer.source, offer.kind) == (found.ref, "portal", "job")
    assert offer.description == "<p>Bon</p>"
    assert offer.location.city == "Lyon 1er Arrondissement"
    assert (offer.published_at, offer.expires_at) == (NOON, NOON + 60 * DAY)
    assert offer.employer == Employer(name="Fournil des Pentes", siret="73282932000074")
    assert "contact@fournil.example" not in content
    assert (found.state, found.approved_revision, found.decided_by) == ("approved", 1, "Ada")
    assert letters(region) == [f"confirm.{found.id}.1", f"approved.{found.id}.1"]
    assert sql(region, "SELECT change FROM offer_change")[0].change == "created"


def test_a_text_that_a_rule_refuses_cannot_be_approved(region: Region) -> None:
    found = waiting(region, postal_code="69001", city="Grenoble")
    with pytest.raises(Refused, match="no commune that postal code 69001 serves"):
        postings.approve(region, found.id, 1, "Ada", NOON)
    ended = waiting(region, contact="b@b.example", expires_at=NOON + DAY)
    with pytest.raises(Refused, match="ended on"):
        postings.approve(region, ended.id, 1, "Ada", NOON + 2 * DAY)
    assert rows(region) == []


def test_exactly_the_text_that_was_read_is_decided_on_and_once(region: Region) -> None:
    found = waiting(region)
    postings.amend(region, found.ref, 1, portal_draft(title="Pâtissier"), NOON)
    for decide in (_approve, _refuse):
        with pytest.raises(Refused, match="newer text"):
            decide(region, found.id, 1)
    _approve(region, found.id, 2)
    for decide in (_approve, _refuse):
        with pytest.raises(Refused, match="is approved by Ada"):
            decide(region, found.id, 2)
    assert rows(region) == [("open", None, "Pâtissier")]
    with pytest.raises(Misconfigured, match="boostez posting list"):
        _approve(region, 99, 1)


def _approve(region: Region, number: int, revision: int) -> Posting:
    return postings.approve(region, number, revision, "Ada", NOON)


def _refuse(region: Region, number: int, revision: int) -> Posting:
    return postings.refuse(region, number, revision, "Ada", "non", NOON)


def test_the_text_that_is_out_stays_while_a_newer_one_waits_and_when_that_is_refused(region: Region) -> None:
    found = approved(region)
    edited = postings.amend(region, found.ref, 1, portal_draft(title="Pâtissier"), NOON + DAY)
    assert (edited.state, edited.revision, edited.approved_revision, edited.out) == ("waiting", 2, 1, True)
    assert (edited.flow_run, edited.decided_by, edited.reason) == (None, None, None)
    assert rows(region) == [("open", None, "Boulanger, boulangère")]
    refused = _refuse(region, found.id, 2)
    assert (refused.state, refused.reason, refused.out) == ("refused", "non", True)
    assert rows(region) == [("open", None, "Boulanger, boulangère")]
    postings.amend(region, found.ref, 2, portal_draft(title="Pâtissier"), NOON + DAY)
    postings.approve(region, found.id, 3, "Ada", NOON + 2 * DAY)
    assert rows(region) == [("open", None, "Pâtissier")]
    ((published,),) = sql(region, "SELECT published_at FROM offer")
    assert published == NOON, "an edit does not make it new again"


def test_a_text_written_in_two_windows_is_kept_once(region: Region) -> None:
    found = waiting(region)
    postings.amend(region, found.ref, 1, portal_draft(title="one"), NOON)
    with pytest.raises(Refused, match="another text"):
        postings.amend(region, found.ref, 1, portal_draft(title="two"), NOON)
    assert state(region, found).title == "one"


def test_a_firm_s_closing_is_explained_and_holds(region: Region) -> None:
    found = approved(region)
    for _ in range(2):
        closed = postings.close(region, found.ref, NOON + DAY)
        assert closed is not None
        assert (closed.state, closed.closed_at) == ("closed", NOON + DAY)
    assert rows(region) == [("closed", "closed", "Boulanger, boulangère")]
    with pytest.raises(Refused):
        postings.amend(region, found.ref, 1, portal_draft(), NOON)
    with pytest.raises(Refused, match="is closed"):
        _approve(region, found.id, 1)
    assert [row.change for row in sql(region, "SELECT change FROM offer_change ORDER BY id")] == [
        "created",
        "closed",
    ]
    assert plans.waiting(region) == []


def test_closing_what_waits_keeps_it_from_going_out(region: Region) -> None:
    found = waiting(region)
    postings.close(region, found.ref, NOON)
    with pytest.raises(Refused, match="is closed"):
        _approve(region, found.id, 1)
    unconfirmed = add(region, "b@b.example")
    postings.close(region, unconfirmed.ref, NOON)
    assert state(region, unconfirmed).state == "unconfirmed"
    assert postings.close(region, "P-none", NOON) is None


def test_an_offer_that_staff_withdrew_stays_withdrawn_whatever_its_firm_writes(region: Region) -> None:
    found = approved(region)
    edited = postings.amend(region, found.ref, 1, portal_draft(title="Pâtissier"), NOON)
    offers.withdraw(region, offers.named(region, found.ref).id, "camille", "a complaint")
    postings.approve(region, found.id, edited.revision, "Ada", NOON)
    assert rows(region) == [("closed", "withdrawn", "Pâtissier")]
    retention.tidy(region, NOON)
    assert state(region, found).state == "closed"


def test_a_correction_by_staff_survives_an_edit(region: Region) -> None:
    found = approved(region)
    offers.correct(region, "portal", found.ref, "title", "Boulanger (H/F)", "camille")
    postings.amend(region, found.ref, 1, portal_draft(title="Pâtissier"), NOON)
    _approve(region, found.id, 2)
    assert rows(region) == [("open", None, "Boulanger (H/F)")]


def test_a_sync_of_another_source_leaves_the_portal_s_offers_open(region: Region) -> None:
    approved(region)
    offers.merge(region, None, "contractor", [incoming(job("J-1"))])
    assert offers.absent(region, 1, "contractor") == ["J-1"]
    assert rows(region)[0][0] == "open"


# Letters and channels


def test_an_effect_holds_no_address_and_the_letter_finds_it(region: Region) -> None:
    found = approved(region)
    (confirm, online) = sql(region, "SELECT content::text FROM effect WHERE channel = 'mail' ORDER BY id")
    assert "@" not in confirm.content + online.content
    message = PostingLetter("approved", found.id, 1)
    to = postings.addressed(region, message)
    assert to is not None
    assert (to.address, to.ref, to.key, to.title) == (
        "contact@fournil.example",
        found.ref,
        found.key,
        "Boulanger, boulangère",
    )
    assert postings.addressed(region, PostingLetter("refused", found.id, 9)) is None
    assert postings.addressed(region, PostingLetter("confirm", 99, 1)) is None
    sql(region, "UPDATE posting SET state = 'closed', closed_at = now(), contact = NULL, draft = NULL")
    assert postings.addressed(region, message) is None


def test_what_a_channel_has_not_been_planned_or_told_of_is_found_again(region: Region) -> None:
    found = approved(region)
    assert postings.undelivered(region, CHANNELS) == [found.key]
    ((revision,),) = sql(region, "SELECT max(revision) FROM offer")
    for name in CHANNELS:
        sql(
            region, "INSERT INTO channel (name, planned_revision) VALUES (:name, :at)", name=name, at=revision
        )
    assert postings.undelivered(region, CHANNELS) == []
    effect = "INSERT INTO effect (channel, subject, state, wanted_hash) VALUES ('open_portal', :key, 'planned', 'x')"
    sql(region, effect, key=found.key)
    assert postings.undelivered(region, CHANNELS) == [found.key]
    sql(region, "UPDATE channel SET paused = true WHERE name = 'open_portal'")
    assert postings.undelivered(region, CHANNELS) == []
    offers.merge(region, None, "contractor", [incoming(job("J-1"))])
    assert postings.undelivered(region, CHANNELS) == [], "other sources have their own syncs"


# Limits


@pytest.mark.parametrize("name", Limits.__struct_fields__)
def test_a_day_has_room_for_so_many(region: Region, name: str) -> None:
    limits, numbers = Limits(**{**dict.fromkeys(Limits.__struct_fields__, 9), name: 2}), itertools.count()

    def posted(now: dt.datetime) -> Posting:
        draft = portal_draft(title=f"Boulanger {next(numbers)}")
        return postings.add(region, draft, "A@b.example", b"origin", now, limits)

    posted(NOON)
    posted(NOON)
    with pytest.raises(RetryLater, match=name) as caught:
        posted(NOON + DAY - dt.timedelta(seconds=1))
    assert caught.value.cause == "limit"
    assert "@" not in str(caught.value)
    posted(NOON + DAY)


def test_of_many_at_once_no_more_than_the_limit_are_taken(region: Region) -> None:
    limits = Limits(contact=3)

    def posted(number: int) -> bool:
        try:
            draft = portal_draft(title=f"Boulanger {number}")
            postings.add(region, draft, "a@b.example", b"origin", NOON, limits)
        except RetryLater:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(posted, range(12))) == 3


def test_a_double_click_is_one_posting_and_one_letter(region: Region) -> None:
    def posted(second: int) -> int:
        now = NOON + dt.timedelta(seconds=second)
        return postings.add(region, portal_draft(updated_at=now), "a@b.example", b"origin", now).id

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(posted, range(8)))) == 1
    assert len(letters(region)) == 1
    (first,) = postings.listed(region, every=True)
    other = add(region, "a@b.example", title="Pâtissier")
    postings.confirm(region, first.ref, NOON)
    assert posted(9) not in {first.id, other.id}, (
        "once it is confirmed, the same again is a second place to fill"
    )


# What is erased, and when


def test_what_was_never_confirmed_is_deleted_after_48_hours(region: Region) -> None:
    add(region)
    kept = waiting(region, contact="b@b.example")
    assert retention.tidy(region, NOON + dt.timedelta(hours=47, minutes=59)) == Tidied()
    assert retention.tidy(region, NOON + dt.timedelta(hours=48)) == Tidied(deleted=1)
    assert [posting.id for posting in postings.listed(region, every=True)] == [kept.id]


def test_contact_and_draft_are_erased_30_days_after_the_end(region: Region) -> None:
    found = approved(region)
    postings.close(region, found.ref, NOON)
    retention.tidy(region, NOON + 30 * DAY - dt.timedelta(seconds=1))
    assert state(region, found).manageable(NOON + 29 * DAY)
    assert state(region, found).has_contact
    assert retention.tidy(region, NOON + 30 * DAY).erased == 1
    assert _personal(region) == [(None, None, None)]
    assert not state(region, found).manageable(NOON + 30 * DAY)
    assert retention.tidy(region, NOON + 31 * DAY) == Tidied()
    assert rows(region) == [("closed", "closed", "Boulanger, boulangère")]


def test_what_was_refused_and_never_out_is_erased_too(region: Region) -> None:
    found = waiting(region)
    _refuse(region, found.id, 1)
    assert retention.tidy(region, NOON + 29 * DAY).erased == 0
    assert retention.tidy(region, NOON + 30 * DAY).erased == 1
    assert _personal(region) == [(None, None, None)]
    with pytest.raises(Refused):
        postings.amend(region, found.ref, 1, portal_draft(), NOON)


def test_while_a_text_is_out_its_contact_stays(region: Region) -> None:
    found = approved(region, expires_at=NOON + 100 * DAY)
    postings.amend(region, found.ref, 1, portal_draft(), NOON)
    _refuse(region, found.id, 2)
    assert retention.tidy(region, NOON + 60 * DAY) == Tidied()
    assert state(region, found).has_contact


def test_the_network_address_s_hash_is_kept_for_a_day(region: Region) -> None:
    waiting(region)
    retention.tidy(region, NOON + DAY - dt.timedelta(seconds=1))
    assert _personal(region)[0][2] == b"origin"
    retention.tidy(region, NOON + DAY)
    assert _personal(region)[0][2] is None


def _personal(region: Region) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in sql(region, "SELECT contact, draft, origin FROM posting ORDER BY id")]


def test_an_offer_whose_end_has_passed_ends_its_posting(region: Region) -> None:
    found = approved(region)
    offers.expire(region, 1, NOON + 61 * DAY)
    assert retention.tidy(region, NOON + 61 * DAY).ended == 1
    ended = state(region, found)
    assert (ended.state, ended.closed_at) == ("expired", NOON + 61 * DAY)


def test_a_firm_that_asks_for_more_time_gets_its_answer_though_the_offer_ended_meanwhile(
    region: Region,
) -> None:
    found = approved(region)
    postings.amend(region, found.ref, 1, portal_draft(expires_at=NOON + 90 * DAY), NOON + 60 * DAY)
    offers.expire(region, 1, NOON + 61 * DAY)
    assert retention.tidy(region, NOON + 61 * DAY).ended == 0
    postings.approve(region, found.id, 2, "Ada", NOON + 62 * DAY)
    assert rows(region) == [("open", None, "Boulanger, boulangère")]


def test_what_waits_beyond_its_own_end_ends(region: Region) -> None:
    found = waiting(region)
    assert retention.tidy(region, NOON + 60 * DAY).ended == 1
    assert state(region, found).state == "expired"


def test_an_officer_reads_who_what_and_whether_the_firm_is_known(region: Region) -> None:
    found = waiting(region, title="Boulanger\u202e\n", description="<b>Vous</b> cuisez &lt;3")
    words = found.words(None)
    assert "Boulanger\n" in words
    assert "Vous cuisez <3" in words
    assert "73282932000074, not known here" in words
    assert "emploi@fournil.example" in words
    assert "@" not in found.brief("Fournil")
    assert f"boostez posting refuse {found.id}" in found.brief("Fournil")
    assert isinstance(found.draft, Draft)
