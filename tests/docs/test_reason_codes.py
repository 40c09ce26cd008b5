"""The reason codes are a closed set: the page, the code and what is used are the same."""

from __future__ import annotations

import re
from pathlib import Path

from bot.core.deployment import FailureCode
from bot.core.reasons import Reason

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reason-codes.md").read_text(encoding="utf-8")
REFUSED, ENDED = PAGE.split("\n## ")[1:]
ROW = re.compile(r"^\| `([a-z_]+)` \| \S", re.MULTILINE)


def test_the_page_explains_every_reason_and_no_other() -> None:
    assert sorted(ROW.findall(REFUSED)) == sorted(Reason)
    assert sorted(ROW.findall(ENDED)) == sorted(FailureCode)


def test_every_reason_is_given_somewhere() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "bot").rglob("*.py"))
    for kind in (Reason, FailureCode):
        assert not [one.name for one in kind if f"{kind.__name__}.{one.name}" not in code]
