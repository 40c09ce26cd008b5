from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.clients.github.limits import CHECK_RUN, CUT, first_line, shortened, summary

LINES = st.sampled_from(
    ["word", "```", "````", "~~~", "```sh", "<details>", "</details>", "", "😀"]
)


def test_short_texts_stay_as_they_are() -> None:
    assert shortened("a\nb", 3) == "a\nb"


def test_a_cut_says_so_and_falls_between_lines() -> None:
    short = shortened("one two three\n" * 100, 200)
    assert len(short) <= 200
    *kept, blank, note = short.splitlines()
    assert set(kept) == {"one two three"}
    assert (blank, note) == ("", CUT)


@pytest.mark.parametrize("fence", ["```", "````", "~~~", "  ```"])
def test_an_open_code_block_is_closed(fence: str) -> None:
    short = shortened(f"{fence}sh\n" + "echo ```\n" * 100, 200)
    last = MarkdownIt().parse(short)[-2]
    assert last.content == CUT


def test_open_details_are_closed() -> None:
    short = shortened("<details><summary>logs</summary>\n\n" + "line\n" * 100, 200)
    assert short.count("</details>") == 1


@pytest.mark.parametrize("line", ["log\n", "오늘 기분이 좋아요\n", "😀", "```\n오늘\n"])
def test_a_summary_is_measured_in_bytes(line: str) -> None:
    short = summary(line * 40_000)
    assert len(short.encode()) <= CHECK_RUN
    assert short.endswith(CUT)
    assert summary(line * 10) == line * 10


@given(lines=st.lists(LINES, max_size=80), limit=st.integers(100, 300))
def test_whatever_is_cut_ends_with_a_readable_note(lines: list[str], limit: int) -> None:
    text = "\n".join(lines)
    short = shortened(text, limit)
    assert len(short) <= limit
    if short != text:
        assert (
            MarkdownIt("commonmark", {"html": False})
            .render(short)
            .endswith(f"<p><em>{CUT.strip('*')}</em></p>\n")
        )


@given(text=st.text(max_size=400), limit=st.integers(1, 200))
def test_one_line_is_one_line(text: str, limit: int) -> None:
    line = first_line(text, limit)
    assert len(line) <= limit
    assert len(line.splitlines()) <= 1
