"""What a replay did, or would do, as an artifact in the Prefect UI.

Belongs here: the artifact. Does not: replaying (replay.py, recheck.py), or the command line's words (deployments/cli_replay.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from core.markdown import cell
from tasks.recheck import Rechecked
from tasks.replay import Outcome
from tasks.run import Delivered

KEY: Final = "replay"
AGAIN: Final = "Nothing was done. To do it: *Run* the deployment again with *dry_run* switched off.\n"


@task(name="show-replay", cache_policy=NO_CACHE)
def show_replay(told: Outcome | Rechecked) -> None:
    """Leave it where whoever filled the form looks next."""
    markdown = rechecked(told) if isinstance(told, Rechecked) else replayed(told)
    create_markdown_artifact(
        markdown=markdown, key=KEY, description=markdown.partition("\n")[0].removeprefix("# ")
    )


def rechecked(told: Rechecked) -> str:
    """What became of payloads in quarantine, in Markdown."""
    return (
        f"# {_many(told.released, 'payload')} {'would be ' if told.dry else ''}let in, {told.kept} kept in quarantine\n\n"
        f"{AGAIN if told.dry else 'The next sync publishes what was let in.'}\n{_examples(told.examples)}"
    )


def replayed(told: Outcome) -> str:
    """What became of effects, in Markdown: by cause, by channel, and some of them."""
    chosen = told.replayed
    if not chosen.number:
        return (
            "# No effect is to be replayed\n\nNothing failed for that. What is unknown is looked up by itself "
            "(deployment *settle*).\n"
        )
    causes = "".join(f"| {cell(cause)} | {number} |\n" for cause, number in chosen.by_cause.items())
    does = "would be replayed" if chosen.dry else "replayed"
    return (
        f"# {_many(chosen.number, 'effect')} {does}\n\n{AGAIN if chosen.dry else ''}\n"
        f"| failed for | effects |\n|---|---:|\n{causes}\n"
        f"{_chosen(chosen.by_channel) if chosen.dry else _done(told.channels)}\n{_examples(chosen.examples)}"
    )


def _chosen(by_channel: Mapping[str, int]) -> str:
    rows = "".join(f"| {name} | {number} |\n" for name, number in by_channel.items())
    return f"| channel | effects |\n|---|---:|\n{rows}"


def _done(channels: Mapping[str, Delivered]) -> str:
    rows = "".join(
        f"| {name} | {d.created} | {d.updated} | {d.withdrawn} | {d.unknown} | {d.refused} | {cell(d.error or '')} |\n"
        for name, d in channels.items()
    )
    return (
        f"| channel | created | updated | withdrawn | unknown | refused | trouble |\n"
        f"|---|---:|---:|---:|---:|---:|---|\n{rows}"
    )


def _many(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _examples(examples: Sequence[str]) -> str:
    listed = "".join(f"- {cell(each)}\n" for each in examples)
    return f"Some of them:\n\n{listed}" if listed else ""
