"""The feed on an object store: moto stands in for S3."""

from __future__ import annotations

import gzip
import uuid
from collections.abc import Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer
from s3fs import S3FileSystem

from connectors.aggregator_feed.channel import AggregatorFeed
from connectors.channel import Entry
from schemas.errors import Misconfigured, Unreachable
from schemas.offer import key_of
from tests.makers import job


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    name = f"region-{uuid.uuid4().hex[:8]}"  # moto's memory outlives its server
    S3FileSystem.clear_instance_cache()  # an instance keeps the address it was made with
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    for variable, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-west-3",
    }.items():
        monkeypatch.setenv(variable, value)
    boto3.client("s3").create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-3"}
    )
    yield name
    server.stop()


def entries(number: int) -> list[Entry]:
    offers = [job(f"J-{n}") for n in range(number)]
    return [Entry(f"{key_of(o.source, o.ref)}-1", o) for o in offers]


def test_the_feed_is_written_replaced_and_read_back(bucket: str) -> None:
    feed = AggregatorFeed(f"s3://{bucket}/feeds", "https://portail.example")
    assert not feed.present()
    assert list(feed.inventory()) == []

    assert feed.replace(entries(3), "2026-11-24T12:00:00Z") == 3
    assert feed.replace(entries(2), "2026-11-24T12:15:00Z") == 2

    store = boto3.client("s3")
    plain = store.get_object(Bucket=bucket, Key="feeds/aggregator.xml")["Body"].read()
    packed = store.get_object(Bucket=bucket, Key="feeds/aggregator.xml.gz")["Body"].read()
    assert gzip.decompress(packed) == plain
    assert plain.count(b"<job>") == 2
    assert {found.marker for found in feed.inventory()} == {entry.marker for entry in entries(2)}


def test_a_build_that_breaks_off_leaves_the_old_feed(bucket: str) -> None:
    """Leaving the upload's context published whatever had been written: a feed cut in its middle."""
    feed = AggregatorFeed(f"s3://{bucket}/feeds", "https://portail.example")
    feed.replace(entries(3), "2026-11-24T12:00:00Z")

    def broken() -> Iterator[Entry]:
        yield entries(1)[0]
        raise Unreachable("the database went away")

    with pytest.raises(Unreachable, match="went away"):
        feed.replace(broken(), "2026-11-24T12:15:00Z")

    assert {found.marker for found in feed.inventory()} == {entry.marker for entry in entries(3)}


def test_a_bucket_that_is_not_there_is_said(bucket: str) -> None:
    assert bucket
    feed = AggregatorFeed("s3://nowhere/feeds", "https://portail.example")
    with pytest.raises(Unreachable, match="BOOSTEZ_FEEDS_URL"):
        feed.replace(entries(1), "2026-11-24T12:00:00Z")


def test_an_address_no_file_system_serves_is_misconfigured() -> None:
    with pytest.raises(Misconfigured, match="BOOSTEZ_FEEDS_URL"):
        AggregatorFeed("nonsense://folder", "https://portail.example")


def test_whether_it_takes_a_file_is_tried_and_leaves_nothing(bucket: str) -> None:
    AggregatorFeed(f"s3://{bucket}/feeds", "https://portail.example").try_out()
    assert "Contents" not in boto3.client("s3").list_objects_v2(Bucket=bucket)
    with pytest.raises(Unreachable, match="BOOSTEZ_FEEDS_URL"):
        AggregatorFeed(f"s3://{bucket}-of-nobody/feeds", "https://portail.example").try_out()
