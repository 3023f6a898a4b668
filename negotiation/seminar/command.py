"""The command `negotiation-seminar`: serves classes from this machine, without any other.

``negotiation-seminar`` serves this machine only, ``--lan`` the phones in the room; ``classes`` lists the classes of the
database and ``debrief CODE`` writes the files of one of them; ``export FILE`` copies the database, and ``restore FILE``
makes a database from such a copy. All but ``restore`` work also while a class is served.
"""

from __future__ import annotations

import argparse
import os
import re
import secrets
import socket
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from negotiation.parameters import ParameterError
from negotiation.seminar.serving import only_server
from negotiation.seminar.store import Store, restore

DATABASE = "seminar.sqlite"
NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?(:[0-9]{1,5})?")  # of a host, and its port
LOWEST_PORT = 1024  # those below belong to the system
PRIVATE = tuple(IPv4Network(each) for each in ("192.168.0.0/16", "10.0.0.0/8", "172.16.0.0/12"))
VIRTUAL = ("docker", "br-", "veth", "virbr", "vmnet", "vbox", "tun", "utun", "zt")  # no room is behind these


def data_folder() -> Path:
    """Where the user's data belong; made if it can be, else the folder one is in."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    folder = base / "negotiation"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return Path()
    return folder if os.access(folder, os.W_OK) else Path()


def teacher_secret(database: Path) -> str:
    """The secret of the start link, kept beside the database for its owner's eyes only, so that it outlives a restart.

    Raises:
        ParameterError: it can neither be read nor written.
    """
    path = Path(f"{database}.teacher")
    try:
        if path.exists() and len(secret := path.read_text(encoding="ascii").strip()) >= 24:
            return secret
        secret = secrets.token_urlsafe(24)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
            file.write(secret)
        return secret
    except (OSError, UnicodeDecodeError) as error:
        raise ParameterError("database", str(database), f"a folder that can be written to ({error})") from None


def room_addresses() -> list[str]:
    """The addresses of this machine that phones in the room may reach, the likeliest first; no name is looked up.

    First the one that leads out, if any does, then those of private networks: a laptop that is the hotspot itself has
    no way out.
    """
    import ifaddr

    leads_out = ""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address for documentation; a datagram socket sends nothing here
            leads_out = str(probe.getsockname()[0])
        except OSError:
            pass
    found = [(str(ip.ip), str(adapter.nice_name).lower()) for adapter in ifaddr.get_adapters() for ip in adapter.ips
             if isinstance(ip.ip, str)]
    ranked = sorted(found, key=lambda each: (each[0] != leads_out, each[1].startswith(VIRTUAL), _rank(each[0])))
    return [address for address in dict.fromkeys(address for address, _ in ranked)
            if not IPv4Address(address).is_loopback]


def _rank(address: str) -> int:
    """Home networks and hotspots first, addresses that a machine has given itself last."""
    known = IPv4Address(address)
    if known.is_link_local:
        return len(PRIVATE) + 1
    return next((place for place, network in enumerate(PRIVATE) if known in network), len(PRIVATE))


def check_port(host: str, port: int) -> None:
    """Refuse a port that is taken.

    Raises:
        ParameterError: naming it.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            raise ParameterError("--port", port, f"a free port from 1024 to 65535 ({error.strerror})") from None


def check_address(text: str) -> str:
    """An address that somebody has named, without a slash at its end.

    Raises:
        ParameterError: it is none of a whole site.
    """
    scheme, _, host = text.strip().rstrip("/").lower().partition("://")
    if scheme not in ("http", "https") or not NAME.fullmatch(host):
        raise ParameterError("--address", text, "an address without a path, of letters a to z, digits, dots and "
                             "hyphens, such as https://class.example.org or http://laptop.home:8080")
    return f"{scheme}://{host}"


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    made = argparse.ArgumentParser(prog="negotiation-seminar", description=(
        "A class plays the negotiation game in the browser: served from this machine, with no internet."))
    made.add_argument("--port", type=int, default=8080, help="default 8080")
    made.add_argument("--lan", action="store_true", help="serve the room, not this machine alone")
    made.add_argument("--address", action="append", default=[], metavar="URL", help=(
        "a further address under which students reach this server, by a name of the network's or through a proxy, such "
        "as https://class.example.org; the board shows it first. May be given again"))
    made.add_argument("--database", type=Path, metavar="FILE",
                      help=f"default: {DATABASE} in the user's data folder; the command says which")
    actions = made.add_subparsers(dest="action", title="instead of serving", metavar="ACTION")
    actions.add_parser("classes", help="list the classes of the database: code, date, phase, students, tables, title",
                       description="List the classes of the database, the latest first.")
    debrief = actions.add_parser(
        "debrief", help="write the debrief of a class, without a browser",
        description="Write the debrief of a class: PDF, notebook, moves as CSV and Parquet, pictures. Pseudonymous "
                    "unless told otherwise; private notes are never written.")
    debrief.add_argument("code", metavar="CODE", help="of the class; `classes` lists them")
    debrief.add_argument("--folder", type=Path, help="default: debrief-CODE in the folder you are in")
    debrief.add_argument("--names", action="store_true", help="names instead of pseudonyms")
    debrief.add_argument("--messages", action="store_true",
                         help="also what the capitals wrote to each other (messages.csv); it may tell who is who")
    for name, words in (("export", "copy the database into FILE, which must not exist"),
                        ("restore", "make the database, which must not exist, from an export")):
        actions.add_parser(name, help=words, description=words[0].upper() + words[1:] + ".").add_argument(
            "file", type=Path, metavar="FILE")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    given = parser().parse_args(arguments)
    database: Path = given.database or data_folder() / DATABASE
    try:
        if given.action == "export":
            return _export(database, given.file)
        if given.action == "restore":
            if not database.absolute().parent.is_dir():
                raise ParameterError("database", str(database), "a file in a folder that exists")
            restore(given.file, database)
            print(f"restored {database} from {given.file}")
            return 0
        if given.action == "classes":
            return _classes(database)
        if given.action == "debrief":
            return _debrief(database, given.code, given.folder, given.names, given.messages)
        return _serve(database, given.port, given.lan, given.address)
    except ParameterError as error:
        print(f"negotiation-seminar: {error}", file=sys.stderr)
        return 2
    except (OSError, sqlite3.Error) as error:
        print(f"negotiation-seminar: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0


@contextmanager
def _opened(database: Path) -> Iterator[Store]:
    if not database.is_file():
        raise ParameterError("database", str(database), "a database that exists")
    store = Store(database)
    try:
        yield store
    finally:
        store.close()


def _export(database: Path, target: Path) -> int:
    if not target.absolute().parent.is_dir():
        raise ParameterError("file", str(target), "a file in a folder that exists")
    with _opened(database) as store:
        store.backup(target)
    print(f"exported {database} to {target}")
    return 0


def _classes(database: Path) -> int:
    with _opened(database) as store:
        from negotiation.seminar.room import Seminar

        seminar = Seminar(store)
        rows = [(room.code, f"{datetime.fromtimestamp(room.made):%Y-%m-%d %H:%M}", room.phase,
                 str(seminar.students(room.number)), str(len(seminar.tables(room.number))),
                 room.settings.title or str(room.settings.scenario["title"])) for room in seminar.rooms()]
    if not rows:
        print(f"no classes in {database}")
        return 0
    shown = [("code", "made", "phase", "students", "tables", "title"), *rows]
    widths = [max(len(row[place]) for row in shown) for place in range(5)]
    for row in shown:
        print("  ".join((*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1])))
    return 0


def _debrief(database: Path, code: str, folder: Path | None, names: bool, messages: bool) -> int:
    with _opened(database) as store:
        from negotiation.seminar.debrief_files import write_debrief
        from negotiation.seminar.room import Seminar

        seminar = Seminar(store)
        room = seminar.by_code(code)
        if room is None:
            known = ", ".join(each.code for each in seminar.rooms()[:8]) or "none yet"
            raise ParameterError("code", code, f"the code of a class of {database} ({known})")
        target = Path(f"debrief-{room.code}") if folder is None else folder
        if target.exists() and not target.is_dir():
            raise ParameterError("--folder", str(target), "a folder")
        with _told_in_one_line():
            written = write_debrief(seminar, room.number, target, names, messages, _progress())
    for path in written:
        print(path)
    return 0


def _progress() -> Callable[[str], object]:
    """Tells a step on standard error; a class of 200 takes some twenty seconds."""
    return lambda step: print(f"{step} ...", file=sys.stderr, flush=True)


@contextmanager
def _told_in_one_line() -> Iterator[None]:
    """Warnings as one line each, without the place in the source."""
    import warnings

    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_: print(f"negotiation-seminar: {message}", file=sys.stderr)
        yield


def _serve(database: Path, port: int, lan: bool, addresses: Sequence[str]) -> int:
    if not LOWEST_PORT <= port < 65536:
        raise ParameterError("--port", port, "a free port from 1024 to 65535")
    named = [check_address(each) for each in addresses]
    if not database.resolve().parent.is_dir():
        raise ParameterError("database", str(database), "a file in a folder that exists")
    try:
        import nicegui  # noqa: F401
        import segno  # noqa: F401
    except ImportError:
        raise ParameterError("negotiation-seminar", "not installed", "after: pip install 'negotiation[seminar]' "
                             "(or make seminar)") from None
    host = "0.0.0.0" if lan else "127.0.0.1"
    with only_server(database):
        check_port(host, port)
        Store(database).close()  # a damaged one is told before anything starts
        _run(database, host, port, lan, named)
    return 0


def _run(database: Path, host: str, port: int, lan: bool, named: Sequence[str]) -> None:
    secret = teacher_secret(database)
    reached = [f"http://{address}:{port}" for address in room_addresses()] if lan else []
    here = f"http://localhost:{port}"
    print(f"database: {database.resolve()}")
    print("serving the room: " + (", ".join(reached) or "no address but this machine's was found") if lan else
          "serving this machine only; phones in the room need --lan")
    if named:
        print(f"also known as: {', '.join(named)}")
    print(f"teacher, keep this link to yourself: {here}/teach/{secret}", flush=True)
    from negotiation.seminar.web.server import serve

    serve(database, secret, [*named, *reached] or [here], host, port)


if __name__ == "__main__":
    sys.exit(main())

__all__ = ["check_address", "check_port", "data_folder", "main", "parser", "room_addresses", "teacher_secret"]
