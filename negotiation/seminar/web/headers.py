"""What stands between the network and the pages: headers, a limit on what is sent, and no visitors from elsewhere."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Iterable
from functools import cache
from http.cookies import SimpleCookie
from ipaddress import ip_address
from socket import gethostname
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 300 * 1024
SOCKET = "/_nicegui_ws/"
DEVICE = "seminar_device"
HOST = re.compile(r"[A-Za-z0-9.\-\[\]:]{1,255}")


class Guard:
    """Middleware around the whole site.

    Every page is told to load nothing from elsewhere, to send no address on, to stand in no frame and not to be kept;
    Vue builds its templates in the browser, so scripts may be evaluated, but only this site's. Names that are not this
    machine's, sockets opened by other sites' pages and large bodies are refused. Each browser gets a random number in
    a cookie that scripts cannot read, by which a person who joins twice gets the same seat.

    Args:
        app: the site.
        names: hosts under which the site is also reached, such as that of a proxy.
    """

    def __init__(self, app: ASGIApp, names: Collection[str] = ()) -> None:
        self.app, self.names = app, frozenset(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
        if not own_host(headers.get("host", ""), self.names):
            await _refuse(scope, send, 421, b"this address is not one of this machine's; use localhost, its number, or "
                                            b"its name")
            return
        if scope["path"].startswith(SOCKET) and not same_site(headers):
            await _refuse(scope, send, 403, b"this address takes no sockets from other sites")
            return
        if scope["type"] == "websocket":
            await self.app(scope, receive, send)
            return
        if headers.get("content-length", "0").isdigit() and int(headers.get("content-length", "0")) > MOST_BYTES:
            await _refuse(scope, send, 413, b"too large")
            return
        new = _device(headers.get("cookie", ""), scope)
        await self.app(scope, _limited(receive), _with_headers(scope, headers, send, new))


def own_host(host: str, names: Collection[str] = ()) -> bool:
    """Whether a host as asked for can be this machine: a name that leads here from elsewhere is another site's.

    Such a name could have been made to lead here by a page that somebody has open, which may then read what this site
    sends. Numbers cannot, nor names that no name server outside the room gives out.

    Args:
        host: as sent, with or without a port; empty where none was, as no browser does.
        names: further ones that whoever serves has named.
    """
    try:
        name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return False
    if not host or name in ("localhost", *_names(), *names) or name.endswith((".localhost", ".local")):
        return True
    try:
        ip_address(name.split("%")[0])
    except ValueError:
        return False
    return True


@cache
def _names() -> tuple[str, ...]:
    """What this machine calls itself; no name server is asked."""
    own = gethostname().lower()
    return tuple(each for each in (own, own.split(".")[0]) if each)


def same_site(headers: dict[str, str]) -> bool:
    """Whether a request comes from a page of this site, or from no page."""
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host", "")


def policy(host: str) -> str:
    """The content security policy of every page."""
    sockets = f" ws://{host} wss://{host}" if HOST.fullmatch(host) else ""
    return ("default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
            f"img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'{sockets}; object-src 'none'; "
            "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; worker-src 'self' blob:")


def _device(cookies: str, scope: Scope) -> str | None:
    """Note the browser's number for the pages; returns a new one if it has none."""
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(cookies)
        known = jar[DEVICE].value if DEVICE in jar else ""
    except Exception:  # cookies of other programs on the same machine may be in any shape
        known = ""
    new = None if re.fullmatch(r"[A-Za-z0-9_-]{20,64}", known) else secrets.token_urlsafe(24)
    scope.setdefault("state", {})["device"] = new or known
    return new if scope["path"] in ("/", "/join", "/back", "/alone") or scope["path"].startswith("/j/") else None


def _with_headers(scope: Scope, headers: dict[str, str], send: Send, device: str | None) -> Send:
    extra: list[tuple[str, str]] = [
        ("content-security-policy", policy(headers.get("host", ""))), ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"), ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"), ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
        ("x-robots-tag", "noindex, nofollow")]
    if device is not None:
        extra.append(("set-cookie", f"{DEVICE}={device}; HttpOnly; SameSite=Lax; Path=/; Max-Age=2592000"))

    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), *_encoded(extra)]}
        await send(message)

    return answer


def _encoded(pairs: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(key.encode("latin-1"), value.encode("latin-1")) for key, value in pairs]


def _limited(receive: Receive) -> Receive:
    """A body of unknown length is cut off where it is too large."""
    taken = 0

    async def take() -> Message:
        nonlocal taken
        message = await receive()
        if message["type"] == "http.request":
            taken += len(message.get("body", b""))
            if taken > MOST_BYTES:
                return {"type": "http.disconnect"}
        return message

    return take


async def _refuse(scope: Scope, send: Send, status: int, text: bytes) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": text})


__all__ = ["DEVICE", "Guard", "own_host", "policy", "same_site"]
