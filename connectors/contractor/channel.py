"""The contractor as a channel: offers that were born on the portal go back to it.

Belongs here: batch calls, look-ups, inventory. Does not: the contractor's words (batch.py) or its offers as a source
(client.py, wire.py). Which offers go there is said where channels are registered (connectors/registry.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from connectors.channel import Capabilities, ItemChannel, Readable, Sent
from connectors.contractor import batch, wire
from connectors.contractor.client import Contractor, NotModified
from connectors.http import problem, retry_after
from core.effects import Found, Intent, Receipt
from schemas.errors import BoostezError, Misconfigured, Permanent, RetryLater, Unknown
from schemas.offer import decode

NAME: Final = "contractor"
BATCH: Final = 200  # the contract's maximum
SETTLE: Final = 60.0  # seconds after which what was sent is shown


class ContractorChannel(ItemChannel, Readable):
    """The receiving end of the contractor's API. Links lead to ``publisher``, the portal."""

    name = NAME

    def __init__(self, client: Contractor, publisher: str) -> None:
        self.http = client.http
        self._client = client
        self._publisher = publisher
        self.capabilities = Capabilities(form=f"ara-1 {publisher}", batch=BATCH, settle_seconds=SETTLE)

    def close(self) -> None:
        """See the port."""
        self.http.close()

    def send(self, intents: Sequence[Intent]) -> Sent:
        """See the port."""
        items = [batch.item(intent, self._publisher) for intent in intents]
        try:
            results = self._write(batch.key_of(intents), items)
        except Unknown as error:
            return Sent([Receipt(i.effect, "unknown", error=str(error), cause="answer") for i in intents])
        return Sent([self._received(i, results.get(batch.ref_of(i))) for i in intents])

    def digest(self, marker: str, content: bytes) -> str:
        """See the port."""
        return batch.digest(decode(content), marker, self._publisher)

    def find(self, intents: Sequence[Intent]) -> Mapping[int, Found]:
        """See the port: each by its reference, which is made of what the ledger knows."""
        there = {intent.effect: self._there(intent) for intent in intents}
        return {effect: found for effect, found in there.items() if found}

    def inventory(self) -> Iterator[Found]:
        """See the port: ours of all that is open there. The contractor's own offers are a source's, and not told."""
        pages = self._client.snapshot()
        assert not isinstance(pages, NotModified)
        for raw in (bytes(raw) for page in pages for raw in page.items):
            if wire.is_own(wire.peek(raw)[0]) and (there := batch.found(raw)):
                yield there

    def _there(self, intent: Intent) -> Found | None:
        raw = self._client.offer(batch.ref_of(intent))
        return None if raw is None else batch.found(raw)

    def _received(self, intent: Intent, result: batch.Result | None) -> Receipt:
        """A receipt; a closing that is refused has happened all the same when nothing is there to be closed."""
        receipt = batch.receipt(intent, result)
        if receipt.outcome != "rejected" or intent.operation != "withdraw":
            return receipt
        try:
            return receipt if self._there(intent) else Receipt(intent.effect, "done")
        except BoostezError as error:
            return Receipt(intent.effect, "unknown", error=str(error), cause="answer")

    def _write(self, key: str, items: list[dict[str, object]]) -> dict[str, batch.Result | None]:
        """The results of a batch.

        Raises:
            RetryLater, Permanent: the contractor says that nothing was done.
            Unknown: the answer proves nothing.

        """
        response = self._client.batch(key, items)
        told = f"HTTP {response.status_code}: {problem(response)}"
        if response.status_code == 429:
            raise RetryLater(told, after=retry_after(response), cause="limit")
        if response.status_code == 401:
            raise Misconfigured(
                f"The contractor refuses our token ({told}). Check BOOSTEZ_CONTRACTOR_CLIENT_ID and _SECRET."
            )
        if 400 <= response.status_code < 500:
            raise Permanent(f"{told}. The contractor does not accept our call: ask it why.")
        try:
            if response.status_code == 200:
                return batch.results(response.content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Unknown(f"{told} ({error})") from error
        raise Unknown(told)
