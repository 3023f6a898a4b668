"""A page of the seminar as a program opens it: fetched, its own websocket opened, its elements kept as they change.

It does what NiceGUI's script does in a browser, and can also send what no page would.
"""

from __future__ import annotations

import ast
import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

ESCAPED = (("&#36;", "$"), ("&#96;", "`"), ("&gt;", ">"), ("&lt;", "<"), ("&amp;", "&"))


class SocketPage:
    """One open page.

    Args:
        port: of the server, on this machine.
        path: of the page.
        cookies: sent with the request.

    Attributes:
        elements: number to what the server last said of it.
        changed: set at every change.
        status: of the answer to the request.
    """

    def __init__(self, port: int, path: str, cookies: Mapping[str, str] | None = None) -> None:
        self.port, self.path, self.cookies = port, path, dict(cookies or {})
        self.elements: dict[str, Any] = {}
        self.changed = asyncio.Event()
        self.status = 0
        self.client: Any = None
        self.name = ""

    async def open(self) -> SocketPage:
        """Fetch the page and open its socket."""
        import socketio

        self.client = socketio.AsyncClient(reconnection=False)
        query = await self._load()
        self.name = query["client_id"]
        self.client.on("update", self._update)
        query.update(document_id=str(uuid4()), tab_id=str(uuid4()))
        address = "&".join(f"{key}={str(value).lower() if isinstance(value, bool) else value}"
                           for key, value in query.items())
        await self.client.connect(f"http://127.0.0.1:{self.port}?{address}", socketio_path="/_nicegui_ws/socket.io",
                                  transports=["websocket"], wait_timeout=30)
        return self

    async def close(self) -> None:
        """Close the socket."""
        await self.client.disconnect()

    def listeners(self) -> Iterator[tuple[str, str]]:
        """Element and listener of everything that the page can send."""
        for number, element in self.elements.items():
            for listener in element.get("events", ()):
                yield number, listener["listener_id"]

    async def send(self, number: str | int, listener: str, *values: Any) -> None:
        """Send an event of an element, as if it had happened in the browser."""
        await self.client.emit("event", {"id": int(number), "client_id": self.name, "listener_id": listener,
                                         "args": [json.dumps(value) for value in values]})

    async def acknowledge(self) -> None:
        """Say that all messages have come, so that the server need not keep them."""
        await self.client.emit("ack", {"client_id": self.name, "next_message_id": 10**9})

    async def _update(self, message: dict[str, Any]) -> None:
        for number, element in message.items():
            if number != "_id":
                if element is None:
                    self.elements.pop(number, None)
                else:
                    self.elements[number] = element
        self.changed.set()

    async def _load(self) -> dict[str, Any]:
        """Fetch the page; returns what its socket is opened with."""
        import aiohttp

        async with aiohttp.ClientSession(cookies=self.cookies) as session, session.get(
                f"http://127.0.0.1:{self.port}{self.path}") as answer:
            self.status, text = answer.status, await answer.text()
        found = re.search(r"String\.raw`(.*?)`\)", text, re.DOTALL)
        query = re.search(r"query: (\{.*?\}),\n", text)
        assert found is not None and query is not None, text[:500]
        raw = found.group(1)
        for escaped, plain in ESCAPED:
            raw = raw.replace(escaped, plain)
        self.elements = json.loads(raw)
        return dict(ast.literal_eval(query.group(1)))


__all__ = ["SocketPage"]
