from __future__ import annotations

import asyncio
import datetime as dt
import socket

import pytest
import uvicorn

from connectors.region.database import Region
from connectors.settings import Settings
from core.service_levels import Rules
from portal import server
from portal.server import _bound
from schemas.errors import Misconfigured


def test_a_taken_port_names_its_setting() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(Misconfigured, match="BOOSTEZ_PORTAL_PORT"):
            _bound("127.0.0.1", taken.getsockname()[1])


def test_who_reads_what_is_written_nowhere(chosen: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    configured: list[uvicorn.Config] = []

    def serve(self: uvicorn.Server, sockets: list[socket.socket]) -> None:
        assert sockets
        configured.append(self.config)

    monkeypatch.setattr(uvicorn.Server, "run", serve)
    monkeypatch.setattr(server, "region", lambda: Region("postgresql://nobody@127.0.0.1:1/none"))
    server.run("127.0.0.1", 0, chosen, Rules(dt.timedelta(days=28), ()))
    [config] = configured
    assert config.access_log is False


def test_no_answer_waits_for_its_reader_to_acknowledge_the_head_of_it() -> None:
    """On a connection that was kept every page took 44 ms: its body waited for the delayed acknowledgement of its head."""

    async def undelayed() -> int:
        loop = asyncio.get_running_loop()
        told = loop.create_future()

        class Looking(asyncio.Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                connected = transport.get_extra_info("socket")
                told.set_result(connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

        with _bound("127.0.0.1", 0) as listener:
            serving = await loop.create_server(Looking, sock=listener)
            with socket.create_connection(listener.getsockname()[:2]):
                result: int = await told
            serving.close()
        return result

    assert asyncio.run(asyncio.wait_for(undelayed(), 10))
