"""How long texts may be on GitHub, and how to shorten them so that they still read well."""

from __future__ import annotations

import re

COMMENT = 65_536
"""Characters of a comment; one more is answered with 422."""
CHECK_RUN = 65_535
"""Bytes of a check run's summary, which GitHub's reference calls characters
(https://github.com/github/docs/issues/35252)."""
STATUS_DESCRIPTION = 140
"""Characters of a deployment status's description
(https://docs.github.com/en/rest/deployments/statuses#create-a-deployment-status)."""
CUT = "*Cut here: the whole text is longer than GitHub takes.*"
FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})(.*)$")


def shortened(markdown: str, limit: int) -> str:
    """Return Markdown of at most `limit` characters, ending with a line that says it was cut.

    What is open at the cut, a code block or a `<details>`, is closed.
    """
    if len(markdown) <= limit:
        return markdown
    kept = markdown[:limit]
    while True:
        kept = kept[: max(kept.rfind("\n"), 0)]
        short = f"{kept}{_closing(kept)}\n\n{CUT}"
        if len(short) <= limit or not kept:
            return short[-limit:]


def summary(markdown: str) -> str:
    """Return a check run's summary, shortened to what GitHub takes of it."""
    encoded = markdown.encode()
    if len(encoded) <= CHECK_RUN:
        return markdown
    whole = encoded[:CHECK_RUN].decode(errors="ignore")
    return shortened(markdown, min(len(whole), len(markdown) - 1))


def first_line(text: str, limit: int) -> str:
    """Return one line of at most `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def _closing(markdown: str) -> str:
    fence = ""
    for line in markdown.split("\n"):
        fence = _fence_after(fence, line)
    details = markdown.count("<details") - markdown.count("</details>")
    return (f"\n{fence}" if fence else "") + "\n\n</details>" * details


def _fence_after(fence: str, line: str) -> str:
    """Return the fence that is open after a line, "" for none."""
    match = FENCE.match(line)
    if match is None:
        return fence
    marks, rest = match.groups()
    if not fence:
        return "" if marks[0] == "`" and "`" in rest else marks
    return "" if marks.startswith(fence) and not rest.strip() else fence
