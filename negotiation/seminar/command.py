"""The command `negotiation-seminar`: serves classes from this machine, without any other.

``negotiation-seminar`` serves this machine only, ``--lan`` the phones in the room; ``export FILE`` copies the database,
also while it is served, and ``restore FILE`` makes a database from such a copy.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import secrets
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from negotiation.parameters import ParameterError
from negotiation.seminar.store import Store, restore

DATABASE = "seminar.sqlite"


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
    """The addresses of this machine that phones in the room may reach, the likeliest first."""
    found: list[str] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # an address for documentation; a datagram socket sends nothing here
        found.append(probe.getsockname()[0])
    with contextlib.suppress(OSError):
        found += [str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]
    return [each for each in dict.fromkeys(found) if not each.startswith("127.")]


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


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    made = argparse.ArgumentParser(prog="negotiation-seminar", description=(
        "A class plays the negotiation game in the browser: served from this machine, with no internet."))
    made.add_argument("--port", type=int, default=8080, help="default 8080")
    made.add_argument("--lan", action="store_true", help="serve the room, not this machine alone")
    made.add_argument("--database", type=Path, metavar="FILE",
                      help=f"default: {DATABASE} in the user's data folder; the command says which")
    actions = made.add_subparsers(dest="action", metavar="export FILE | restore FILE")
    for name, words in (("export", "copy the database into FILE"), ("restore", "make the database from an export")):
        actions.add_parser(name, help=words).add_argument("file", type=Path)
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    given = parser().parse_args(arguments)
    database: Path = given.database or data_folder() / DATABASE
    try:
        if given.action == "export":
            return _export(database, given.file)
        if given.action == "restore":
            restore(given.file, database)
            print(f"restored {database} from {given.file}")
            return 0
        return _serve(database, given.port, given.lan)
    except ParameterError as error:
        print(f"negotiation-seminar: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0


def _export(database: Path, target: Path) -> int:
    if not database.is_file():
        raise ParameterError("database", str(database), "a database that exists")
    store = Store(database)
    try:
        store.backup(target)
    finally:
        store.close()
    print(f"exported {database} to {target}")
    return 0


def _serve(database: Path, port: int, lan: bool) -> int:
    if not 0 < port < 65536:
        raise ParameterError("--port", port, "a free port from 1024 to 65535")
    if not database.resolve().parent.is_dir():
        raise ParameterError("database", str(database), "a file in a folder that exists")
    try:
        import nicegui  # noqa: F401
        import segno  # noqa: F401
    except ImportError:
        raise ParameterError("negotiation-seminar", "not installed", "after: pip install 'negotiation[seminar]' "
                             "(or make seminar)") from None
    host = "0.0.0.0" if lan else "127.0.0.1"
    check_port(host, port)
    Store(database).close()  # a damaged one is told before anything starts
    secret = teacher_secret(database)
    reached = [f"http://{address}:{port}" for address in room_addresses()] if lan else []
    here = f"http://localhost:{port}"
    print(f"database: {database.resolve()}")
    print("serving the room: " + (", ".join(reached) or "no address but this machine's was found") if lan else
          "serving this machine only; phones in the room need --lan")
    print(f"teacher, keep this link to yourself: {here}/teach/{secret}", flush=True)
    from negotiation.seminar.web.server import serve

    serve(database, secret, reached or [here], host, port)
    return 0


if __name__ == "__main__":
    sys.exit(main())

__all__ = ["check_port", "data_folder", "main", "parser", "room_addresses", "teacher_secret"]
