"""Which lines of a comment are commands, as GitHub would show the comment."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.comments import differing
from bot.core.command import Unreadable, lines, parse
from bot.core.reasons import Reason

NOTHING: tuple[str, ...] = ()


@pytest.mark.parametrize(
    ("comment", "commands"),
    [
        ("/deploy prod", ("/deploy prod",)),
        ("Looks good!\n/deploy prod\nthanks", ("/deploy prod",)),
        ("/deploy staging\n/status", ("/deploy staging", "/status")),
        ("/deploy staging\r\n\r\n/status\r\n", ("/deploy staging", "/status")),
        ("  /deploy prod  ", ("/deploy prod",)),
        ("<details>\n\n/help\n\n</details>\n\n/deploy prod", ("/deploy prod",)),
        ("<!-- <details> -->\n\n/deploy prod", ("/deploy prod",)),
        ("</details>\n\n/deploy prod", ("/deploy prod",)),
        ("/deploy prod\\\n/help", ("/deploy prod", "/help")),
        ("/deploy prod  \n/help", ("/deploy prod", "/help")),
        ("/Deploy prod", ("/Deploy prod",)),
        ("\ufeff/deploy\u200b prod", ("/deploy prod",)),
        ("/depoly prod", ("/depoly prod",)),
        ("/deploy, prod", ("/deploy, prod",)),
        ("/deploy prod `abc1234`", ("/deploy prod `abc1234`",)),
    ],
)
def test_a_line_of_a_paragraph_is_a_command(comment: str, commands: tuple[str, ...]) -> None:
    assert lines(comment) == commands


@pytest.mark.parametrize(
    "comment",
    [
        "",
        "please /deploy prod",
        "> /deploy prod",
        "> quoted\n/deploy prod",
        "```\n/deploy prod\n```",
        "~~~sh\n/deploy prod",
        "    /deploy prod",
        "`/deploy prod`",
        "some `code that\n/deploy prod\nends` here",
        "- item\n/deploy prod",
        "1. /deploy prod",
        "# /deploy prod",
        "/deploy prod\n===",
        "<!-- \n/deploy prod\n-->",
        "words <!-- \n/deploy prod\n--> words",
        "<pre>\n/deploy prod\n</pre>",
        "<details><summary>log</summary>\n\n/deploy prod\n\n</details>",
        "<blockquote>\n\n<DEL>\n\n/deploy prod\n\n</DEL>\n\n/deploy prod\n\n</blockquote>",
        "[a link\n/deploy prod](https://example.com)",
        "*said\n/deploy prod\nonce*",
        "~~said\n/deploy prod\nonce~~",
        "/deploy | x\n--- | ---\n/deploy prod | x",
        "\\/deploy prod",
        "&#47;deploy prod",
        "/deploy&#32;prod",
        "/dep\u202eloy prod",
    ],
)
def test_what_is_shown_or_quoted_is_no_command(comment: str) -> None:
    assert lines(comment) == NOTHING


@pytest.mark.parametrize(
    "comment",
    ["/cc @reader", "/lgtm", "/etc/passwd", "/deploy/prod", "/retest", "/hold", "/", "// deploy"],
)
def test_other_bots_commands_and_paths_are_chatter(comment: str) -> None:
    assert lines(comment) == NOTHING


def test_ten_commands_are_enough_and_the_next_one_stands_for_the_rest() -> None:
    assert lines("/status\n" * 30) == ("/status",) * 11


def test_an_endless_line_is_cut_to_what_is_refused_and_spares_the_others() -> None:
    endless, other = lines(f"/deploy {'x' * 600}\n/status")
    assert (endless, other) == (f"/deploy {'x' * 493}", "/status")
    read = parse(endless)
    assert isinstance(read, Unreadable)
    assert read.code is Reason.LINE_TOO_LONG


def test_more_than_github_takes_is_not_read() -> None:
    assert lines("/status\n" + "x" * 65_536) == NOTHING


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    assert all(len(line) <= 501 for line in lines(text))


@given(
    st.text(
        alphabet="/deploy status\n\r\t `*_~<>!-[]()#|&;\\=+.1:'\"\u200b\u202e\u2028", max_size=200
    )
)
def test_no_markdown_breaks_it(text: str) -> None:
    assert all(line.startswith("/") and "\n" not in line for line in lines(f"/status\n{text}"))


COMMANDS = st.sampled_from(["/deploy prod", "/deploy staging api-service", "/status", "/help"])
CHATTER = st.sampled_from(
    [
        "Looks good to me.",
        "See /deploy prod for how.",
        "> /deploy prod\n> and more",
        "```\n/deploy prod\n```",
        "~~~text\n/status\n\n/help\n~~~",
        "| a | b |\n|---|---|\n| /deploy prod | x |",
        "/status | b\n---|---\n/help | x",
        "<!-- /deploy prod\n\n/status\n-->",
        "<div>\n/deploy prod\n</div>",
        "- /deploy prod\n- /status\n  /help",
        "1. one\n\n   /deploy prod",
        "## /deploy prod",
        "/deploy prod\n---",
        "[/deploy prod](https://example.com)",
        "[a\n/deploy prod\nb](https://example.com)",
        "**/deploy prod**",
        "**so\n/deploy prod\nit is**",
        "`a\n/deploy prod\nb`",
        "/cc @reader",
    ]
)


@st.composite
def conversations(draw: st.DrawFn) -> tuple[str, tuple[str, ...]]:
    """A comment made of known parts, and the commands that were put in."""
    parts = draw(
        st.lists(st.one_of(COMMANDS.map(lambda c: (c, c)), CHATTER.map(lambda c: (c, ""))))
    )
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    # A rule stands between the parts: indented paragraphs would go on with the list before them.
    comment = "\n\n***\n\n".join(part for part, _ in parts).replace("\n", newline)
    return comment, tuple(command for _, command in parts if command)


@given(conversations())
def test_exactly_the_commands_put_in_come_out(made: tuple[str, tuple[str, ...]]) -> None:
    comment, commands = made
    assert lines(comment) == commands[:11]


def test_what_is_found_is_what_was_put_in() -> None:
    """`python -m benchmarks.comments` does the same with 100,000."""
    assert differing(seed=7, number=1500) == []


@pytest.mark.parametrize("begun", ["<!--", "<!--\n", "<pre ", "<details "])
@pytest.mark.parametrize("before", ["", "/deploy prod\n\n"])
def test_what_is_begun_a_thousand_times_and_never_ends_hides_the_rest(
    begun: str, before: str
) -> None:
    """Looked for from each beginning on, it kept the receiver busy for seconds."""
    body = f"{before}{begun * (65_000 // len(begun))}\n\n/deploy live"
    assert set(lines(body)) == set(before.split("\n\n")[:1]) - {""}
