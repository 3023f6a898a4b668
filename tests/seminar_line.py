"""A line between a browser and the server that can fail as a Wi-Fi does: cut, or silent without a word."""

from __future__ import annotations

import asyncio
import threading
from types import TracebackType


class Line:
    """Passes bytes on between a port of its own and the server's, as long as it is whole.

    Args:
        port: of the server.

    Attributes:
        port: of the line.
    """

    def __init__(self, port: int) -> None:
        self._server, self.port = port, 0
        self._loop = asyncio.new_event_loop()
        self._open: list[asyncio.StreamWriter] = []
        self._whole = True
        self._flows = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Line:
        self._thread.start()
        self._do(self._listen())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self) -> None:
        """Break all connections, and every new one at once."""
        self._do(self._cut())

    def silence(self) -> None:
        """Pass nothing on, and say nothing of it, as out of reach of the Wi-Fi; connections that are opened hang."""
        self._do(self._silence())

    def mend(self) -> None:
        """Pass everything on again, also what was sent meanwhile."""
        self._do(self._mend())

    def _do(self, act: object) -> None:
        asyncio.run_coroutine_threadsafe(act, self._loop).result(10)  # type: ignore[arg-type]

    async def _listen(self) -> None:
        self._flows.set()
        self._listener = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._listener.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        self._listener.close()
        await self._cut()
        self._flows.set()
        tasks = [each for each in asyncio.all_tasks() if each is not asyncio.current_task()]
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _cut(self) -> None:
        self._whole = False
        for writer in self._open:
            writer.transport.abort()
        self._open.clear()

    async def _silence(self) -> None:
        self._flows.clear()

    async def _mend(self) -> None:
        self._whole = True
        self._flows.set()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.append(writer)
        if not self._whole:
            writer.transport.abort()
            return
        await self._flows.wait()
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._server)
        except OSError:
            writer.transport.abort()
            return
        self._open.append(far_writer)
        await asyncio.gather(self._pass(reader, far_writer), self._pass(far_reader, writer))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                await self._flows.wait()
                writer.write(data)
                await writer.drain()
            await self._flows.wait()  # the end of a connection is not heard through a silence either
            writer.close()
        except OSError:
            await self._flows.wait()
            writer.transport.abort()
        except asyncio.CancelledError:
            writer.transport.abort()


__all__ = ["Line"]
