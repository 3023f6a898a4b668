"""Codes and links: made at random, kept as hashes, compared in constant time."""

from __future__ import annotations

import hashlib
import secrets
from unicodedata import normalize

LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that look alike on a projector
ROOM, PERSON = 5, 6  # letters of a room's and of a person's code


def new_code(length: int) -> str:
    """A code to be typed: 31^length of them."""
    return "".join(secrets.choice(LETTERS) for _ in range(length))


def new_link() -> str:
    """A secret for an address, 192 bits."""
    return secrets.token_urlsafe(24)


def new_seed() -> int:
    """A root seed of 64 bits."""
    return secrets.randbits(64)


def kept(secret: str) -> str:
    """What is stored of a secret. It is long and random, or tried at a limited rate, so a plain hash will do."""
    return hashlib.sha256(secret.encode()).hexdigest()


def tidy(code: str) -> str:
    """A code as typed: letters of either case and width (East Asian keyboards), spaces and dashes anywhere."""
    return "".join(letter for letter in normalize("NFKC", code).upper() if letter.isalnum())


__all__ = ["PERSON", "ROOM", "kept", "new_code", "new_link", "new_seed", "tidy"]
