from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import registry
from connectors.region.database import Region
from connectors.region.ledger import channel_state, wants
from connectors.registry import (
    ANNOUNCERS,
    CHANNELS,
    EVERY,
    SOURCES,
    audited,
    contractor_client,
    policies,
    source,
)
from connectors.settings import ROOT, Settings
from core.policy import Policy
from schemas import documents
from schemas.errors import Misconfigured


def written(folder: Path, text: str) -> Path:
    file = folder / "channels.toml"
    file.write_text(text, encoding="utf-8")
    return file


def fault(folder: Path, text: str) -> str:
    """What is said of a file that does not fit."""
    file = written(folder, text)
    with pytest.raises(Misconfigured) as caught:
        policies(file)
    assert str(file) in str(caught.value)
    return str(caught.value)


def test_the_reviewed_file_is_accepted_and_speaks_of_every_channel() -> None:
    wanted = policies(ROOT / "deployments" / "channels.toml")
    assert set(wanted) == set(CHANNELS)
    assert all(policy.channel == name for name, policy in wanted.items())
    assert wanted["open_portal"] == Policy(
        "open_portal", ("job", "training"), None, enabled=True, drift="heal"
    )


def test_a_policy_says_kinds_budget_and_whether_it_is_on(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        '[facebook_page]\nkinds = ["training"]\nbudget = 12\nenabled = false\n'
        '[open_portal]\nkinds = ["job"]\nbudget = "all"\n',
    )
    assert list(policies(file).values()) == [
        Policy("facebook_page", ("training",), 12, enabled=False),
        Policy("open_portal", ("job",), None, enabled=True),
    ]


def test_a_channel_that_is_not_there_is_refused_and_those_that_are_listed(tmp_path: Path) -> None:
    said = fault(tmp_path, '[minitel]\nkinds = ["job"]\nbudget = 1\n')
    assert "minitel" in said
    assert all(name in said for name in CHANNELS)


@pytest.mark.parametrize(
    ("lines", "pointer"),
    [
        ('kinds = ["job"]\nbudget = 0', "/facebook_page/budget"),
        ('kinds = ["job"]\nbudget = -1', "/facebook_page/budget"),
        ('kinds = ["job"]\nbudget = "some"', "/facebook_page/budget"),
        ('kinds = ["job"]\nbudget = 1.5', "/facebook_page/budget"),
        ('kinds = ["job"]\nbudget = true', "/facebook_page/budget"),
        ('kinds = ["job"]\nbudget = 100001', "/facebook_page/budget"),
        ('kinds = ["job"]', "/facebook_page"),
        ("budget = 1", "/facebook_page"),
        ("kinds = []\nbudget = 1", "/facebook_page/kinds"),
        ('kinds = ["stage"]\nbudget = 1', "/facebook_page/kinds/0"),
        ('kinds = ["job", "job"]\nbudget = 1', "/facebook_page/kinds"),
        ('kinds = "job"\nbudget = 1', "/facebook_page/kinds"),
        ('kinds = ["job"]\nbudget = 1\nenabled = "yes"', "/facebook_page/enabled"),
        ('kinds = ["job"]\nbudget = 1\nbugdet = 2', "/facebook_page"),
    ],
)
def test_a_policy_that_does_not_fit_is_told_with_file_and_pointer(
    tmp_path: Path, lines: str, pointer: str
) -> None:
    assert f"{tmp_path / 'channels.toml'}{pointer}:" in fault(tmp_path, f"[facebook_page]\n{lines}\n")


def test_an_unknown_key_is_named(tmp_path: Path) -> None:
    assert "bugdet" in fault(tmp_path, '[facebook_page]\nkinds = ["job"]\nbudget = 1\nbugdet = 2\n')


def test_every_fault_of_the_file_is_told_at_once(tmp_path: Path) -> None:
    said = fault(tmp_path, '[facebook_page]\nkinds = []\nbudget = 0\n[open_portal]\nkinds = ["job"]\n')
    assert all(p in said for p in ("/facebook_page/kinds", "/facebook_page/budget", "/open_portal"))


@pytest.mark.parametrize("text", ["[facebook_page", "a = ", "[a]\n[a]\n", "\x00"])
def test_a_file_that_is_not_toml_is_refused(tmp_path: Path, text: str) -> None:
    fault(tmp_path, text)


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "channels.toml"
    file.write_bytes(b"# caf\xe9\n")
    with pytest.raises(Misconfigured, match=r"channels\.toml"):
        policies(file)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"nowhere\.toml"):
        policies(tmp_path / "nowhere.toml")


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_is_found_by_its_name_and_its_document_exists(name: str) -> None:
    found = source(name)
    assert found.name == name
    assert documents.document(found.schema)


@given(st.text().filter(lambda name: name not in SOURCES))
def test_a_source_that_is_not_there_is_told_with_those_that_are(name: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        source(name)
    assert repr(name) in str(caught.value)
    assert all(each in str(caught.value) for each in SOURCES)


@pytest.fixture
def elsewhere() -> Any:
    """A Region that nobody calls."""
    region = Region("postgresql://nobody@127.0.0.1:1/none")
    yield region
    region.dispose()


def test_a_channel_of_no_name_of_ours_is_told_with_those_that_are(elsewhere: Region) -> None:
    with pytest.raises(Misconfigured) as caught:
        registry.channel("minitel", Settings(), elsewhere)
    assert "'minitel'" in str(caught.value)
    assert all(each in str(caught.value) for each in EVERY)


@pytest.mark.parametrize("name", [*CHANNELS, *ANNOUNCERS])
def test_a_channel_is_built_from_the_settings_without_calling_anybody(
    tmp_path: Path, elsewhere: Region, name: str
) -> None:
    built = registry.channel(name, Settings(home=tmp_path, caldav_url="http://127.0.0.1:1/home"), elsewhere)
    assert built.name == name
    built.close()


def test_an_address_that_would_tell_secrets_names_its_setting(elsewhere: Region) -> None:
    with pytest.raises(Misconfigured, match="BOOSTEZ_FACEBOOK_GRAPH_URL"):
        registry.channel("facebook_page", Settings(facebook_graph_url="http://graph.example"), elsewhere)
    with pytest.raises(Misconfigured, match="BOOSTEZ_CONTRACTOR_URL"):
        contractor_client(Settings(contractor_url="http://contractor.example"))


@pytest.mark.database
def test_an_audit_reads_channels_with_a_policy_and_announcers_that_anything_was_ever_wanted_of(
    tmp_path: Path, region: Region
) -> None:
    file = written(tmp_path, '[open_portal]\nkinds = ["job"]\nbudget = "all"\ndrift = "heal"\n')
    chosen = Settings(home=tmp_path, channels_file=file)
    assert audited(chosen, region) == {"open_portal": True}
    for name in ("facebook_dialogues", "caldav"):
        channel_state.pause(region, name, "a restore")
    assert audited(chosen, region) == {"open_portal": True, "facebook_dialogues": False}, (
        "no server is set up"
    )
    with region.begin() as connection:
        wants.want(connection, "caldav", "d1.dialogues", b"{}")
    assert set(audited(chosen, region)) == {"open_portal", "facebook_dialogues", "caldav"}
    assert audited(chosen, region, "open_portal") == {"open_portal": True}
    assert audited(chosen, region, "facebook_dialogues") == {"facebook_dialogues": False}
    for unknown in ("minitel", "mail", "facebook_page"):
        with pytest.raises(Misconfigured, match=unknown):
            audited(chosen, region, unknown)
