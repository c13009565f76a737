"""The heartbeat: what a dead man's switch outside is told while the hub lives.

Belongs here: the calls, by the conventions of healthchecks.io (``/fail`` behind the address; a body is kept and shown; its
``/start`` is not used, for a beat that hangs is one that does not come). Does not: when to call (flows/heartbeat.py), or noticing that nobody calls any more: that is the switch's work.

Source: healthchecks.io, "Pinging API". The address is the secret, so no error tells it.
"""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from pydantic import SecretStr

from connectors.http import Http
from schemas.errors import BoostezError, Misconfigured, RetryLater, Unreachable

Sign = Literal["", "/fail"]
ATTEMPTS = 2


def call(
    address: SecretStr, sign: Sign = "", said: str = "", *, private: frozenset[str] = frozenset()
) -> None:
    """Tell the switch that a beat was good (``sign`` empty) or failed, and what is to be ``said`` of it.

    Raises:
        Misconfigured: it is no https address.
        Unreachable: the switch does not answer.

    """
    parts = urlsplit(address.get_secret_value())
    trouble: BoostezError
    http = Http(
        f"{parts.scheme}://{parts.netloc}",
        setting="BOOSTEZ_HEARTBEAT_URL",
        private_hosts=private,
        timeout=10.0,
        attempts=ATTEMPTS,
    )
    try:
        http.read(parts.path.rstrip("/") + sign, lambda _: None, data=said.encode(), method="POST")
    except Misconfigured as error:
        trouble = error
    except RetryLater:
        trouble = Unreachable("the switch of BOOSTEZ_HEARTBEAT_URL does not answer")
    except BoostezError:
        trouble = Misconfigured("the switch of BOOSTEZ_HEARTBEAT_URL does not know this address")
    else:
        return
    finally:
        http.close()
    raise trouble.with_traceback(None)
