"""The command lines of a comment, found as GitHub would show it.

Only lines of ordinary paragraphs count, so that a quoted or shown command never deploys.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

from bot.core.command.marks import FIRST_WORD, MAX_LINE, clean, is_command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

MAX_LINES = 10
MAX_BODY = 65_536
"""GitHub takes no longer comment: https://github.com/orgs/community/discussions/27190."""

_SLASH = "slash_line"
_HIDDEN = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
"""What has no end reaches to the end: looked for anew at each beginning, it would take seconds."""
_AROUND = re.compile(
    r"<(/?)(?:details|blockquote|pre|table|ul|ol|template|del)\b[^>]*(?:>|\Z)", re.IGNORECASE
)


def lines(body: str) -> tuple[str, ...]:
    """Return a comment's command lines, in order: 10, and the next one, to say so.

    What is longer than 500 characters is cut to 501, which is refused.
    """
    if len(body) > MAX_BODY or not any(map(is_command, body.splitlines())):
        return ()
    found = (clean(line) for line in _paragraph_lines(body))
    return tuple(line[: MAX_LINE + 1] for line in found if is_command(line))[: MAX_LINES + 1]


def _paragraph_lines(body: str) -> Iterator[str]:
    """Yield the raw lines beginning with a slash in top-level paragraphs, outside any mark-up."""
    opening: Token | None = None
    around = 0
    for token in _MARKDOWN.parse(body):
        if token.type == "html_block":
            around = max(0, around + _opened(token.content))
        paragraph = opening is not None and opening.type == "paragraph_open"
        if token.type == "inline" and paragraph and not around:
            yield from _slash_lines(token.children or [])
        opening = token if token.level == 0 else None


def _opened(html: str) -> int:
    """Return how many elements that fold or quote what is in them begin here and do not end.

    Such as `<details>`: GitHub shows the paragraphs between its lines as Markdown.
    """
    shown = _HIDDEN.sub("", html)
    return sum(-1 if tag[1] else 1 for tag in _AROUND.finditer(shown))


def _slash_lines(children: list[Token]) -> Iterator[str]:
    return (child.meta["line"] for child in children if child.type == _SLASH and child.level == 0)


def _slash_rule(state: StateInline, silent: bool) -> bool:  # noqa: FBT001  # markdown-it's signature
    """Mark a line's first character when a command could start there; keep its raw text.

    Only that character is taken, so code spans, links and emphasis are found as ever. What lies
    inside a code span or an HTML comment is never offered to this rule.
    """
    start = state.src.rfind("\n", 0, state.pos) + 1
    if state.src[start : state.pos].strip():
        return False
    end = state.src.find("\n", state.pos)
    raw = state.src[state.pos :] if end < 0 else state.src[state.pos : end].removesuffix("\\")
    if not FIRST_WORD.match(clean(raw)):
        return False
    if not silent:
        token = state.push(_SLASH, "", 0)
        token.content, token.meta = state.src[state.pos], {"line": raw}
    state.pos += 1
    return True


def _github_markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    markdown.inline.ruler.before("text", _SLASH, _slash_rule)
    return markdown


_MARKDOWN = _github_markdown()
