"""What programs read of a comment: one JSON value in an HTML comment, which people do not see.

docs/reason-codes.md tells what is in it; names in it stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION = 1
OPENING = "<!-- spillway json "
CLOSING = " -->"


def json_block(said: Mapping[str, object]) -> str:
    """Return the block; no text within can close the comment or open mark-up."""
    written = msgspec.json.encode({"version": VERSION, **said}).decode()
    for mark in "<>&":
        written = written.replace(mark, f"\\u{ord(mark):04x}")
    return f"{OPENING}{written}{CLOSING}"
