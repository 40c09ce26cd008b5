"""Whether commands are found in comments exactly where somebody meant one, 100,000 times.

`python -m benchmarks.comments [--number N] [--seed S] [--json]` puts comments together from parts
whose meaning is known (prose, quotes, fences, tables, lists, HTML, links, commands), and compares
the commands that are read with those that were put in. Exit 1 when any differ; the comment is
shown. `make test` does the same with fewer.
"""

from __future__ import annotations

import random
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import click
from msgspec import Struct

from benchmarks.numbers import Measured, tell
from bot.core.command import Command, Unreadable, lines, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NUMBER = 100_000
CHUNKS = 20
MOST_COMMANDS = 10

WORDS = (
    *("looks", "good,", "ship", "it", "on", "Monday?", "I", "would", "/deploy", "this;", "see"),
    *("/etc/passwd", "docs/deploy.yaml.", "좋아요", "배포합시다", "**bold**", "_thin_", "`code`"),
    *(
        "#12",
        "@writer",
        ":rocket:",
        "50",
        "%",
        "<br>",
        "a|b",
        "[x]",
        "(y)",
        "&amp;",
        "1.",
        "*",
        "-",
    ),
)
COMMANDS = (
    "/deploy prod",
    "/DEPLOY  prod",
    "/deploy prod web a1b2c3d",
    "/deploy staging main",
    "/deploy prod --now --reason “it is on fire”",
    '/deploy prod --replace #12 --override --reason "freeze, but: broken"',
    "/plan prod --retry",
    "/promote",
    "/pause prod",
    "/resume",
    "/abort prod",
    "/rollback prod to a1b2c3d",
    "/approve prod a1b2c3d",
    "/status",
    "/history prod",
    "/lock prod --for 2h the database is being moved",
    "/unlock prod",
    "/help",
)


class Part(Struct, frozen=True):
    """A piece of a comment, and the commands in it."""

    text: str
    commands: tuple[str, ...] = ()


class Mixer:
    """Puts parts together; the same seed gives the same comments."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)  # noqa: S311  # comments, not secrets

    def comment(self) -> Part:
        """Return a comment, and every command in it in order."""
        pieces: list[Part] = []
        for _ in range(self._dice.randint(1, 7)):
            piece = self._dice.choice(PARTS)(self)
            if sum(len(part.commands) for part in (*pieces, piece)) <= MOST_COMMANDS:
                pieces.append(piece)
        newline = self._dice.choice(["\n", "\n", "\r\n"])
        gap = newline * self._dice.randint(2, 3)
        text = gap.join(part.text.replace("\n", newline) for part in pieces)
        return Part(text, tuple(line for part in pieces for line in part.commands))

    def prose(self) -> str:
        """Return a line in which nothing is meant for us; it starts with a plain word."""
        return " ".join(["So", *self._dice.choices(WORDS, k=self._dice.randint(1, 9))])

    def command(self) -> str:
        """Return a command line."""
        return self._dice.choice(COMMANDS)

    def said(self) -> Part:
        """Commands in a paragraph, with prose around them or not."""
        typed = [self.command() for _ in range(self._dice.randint(1, 3))]
        shown = [self._dice.choice(["", " "]) + line for line in typed]
        before = [_harmless(self.prose())] if self._dice.random() < 1 / 3 else []
        after = [_harmless(self.prose())] if self._dice.random() < 1 / 3 else []
        trail = self._dice.choice(["", "  ", "\\"]) if after else ""
        shown[-1] += trail
        return Part("\n".join([*before, *shown, *after]), tuple(typed))

    def chatter(self) -> Part:
        """Prose alone."""
        return Part("\n".join(self.prose() for _ in range(self._dice.randint(1, 3))))

    def quoted(self) -> Part:
        """Somebody else's words, with a line that goes on without its mark."""
        lazy = f"\n{self.command()}" if self._dice.random() < 1 / 2 else ""
        return Part(f"> {self.prose()}\n> {self.command()}{lazy}")

    def fenced(self) -> Part:
        """Code between fences, one of which may look like an end."""
        mark = self._dice.choice(["```", "~~~", "````"])
        info = self._dice.choice(["", "sh", "console title=x"])
        inner = "\n```" if mark == "````" else ""
        return Part(f"{mark}{info}\n{self.command()}\n\n{self.command()}{inner}\n{mark}")

    def indented(self) -> Part:
        """Code by indentation."""
        return Part(f"So type:\n\n    {self.command()}")

    def inline(self) -> Part:
        """Code within a line, and over two lines."""
        shown = self._dice.choice([f"`{self.command()}`", f"So `it is\n{self.command()}` then"])
        return Part(shown)

    def listed(self) -> Part:
        """Items of a list, one with a paragraph of its own."""
        mark = self._dice.choice(["- ", "* ", "1. ", "- [ ] "])
        under = " " * (3 if mark == "1. " else 2)
        return Part(f"{mark}{self.command()}\n{mark}So\n\n{under}{self.command()}")

    def headed(self) -> Part:
        """Headings of both kinds."""
        under = self._dice.choice(["===", "---"])
        return Part(self._dice.choice([f"## {self.command()}", f"{self.command()}\n{under}"]))

    def tabled(self) -> Part:
        """Cells of a table."""
        return Part(f"| so | so |\n|---|---|\n| {self.command()} | {self.prose()} |\n| x | y |")

    def html(self) -> Part:
        """HTML around it: shown, folded or hidden."""
        inside = self.command()
        return Part(
            self._dice.choice(
                [
                    f"<!-- {inside} -->",
                    f"<!--\n{inside}\n\n{inside}\n-->",
                    f"<pre>\n{inside}\n\n{inside}\n</pre>",
                    f"<details>\n<summary>log</summary>\n{inside}\n</details>",
                    f"<details><summary>log</summary>\n\n{inside}\n\n</details>",
                    f"<blockquote>\n\n{inside}\n\n</blockquote>",
                    f"So <!-- \n{inside}\n--> so",
                ]
            )
        )

    def linked(self) -> Part:
        """Text of links, emphasis, and what is no command for its mark-up."""
        inside = self.command()
        return Part(
            self._dice.choice(
                [
                    f"[so\n{inside}](https://example.com)",
                    f"*so\n{inside}*",
                    f"~~so\n{inside}~~",
                    f"\\{inside}",
                    f"So {inside}",
                    f"**{inside}**",
                    f"[so]: https://example.com '{inside.replace(chr(39), '')}'",
                ]
            )
        )


def _harmless(prose: str) -> str:
    """Return prose that opens no mark-up which could reach over the next line."""
    return "".join(sign for sign in prose if sign not in "*_`[]<>|~&\\")


PARTS: tuple[Callable[[Mixer], Part], ...] = (
    Mixer.said,
    Mixer.said,
    Mixer.said,
    Mixer.chatter,
    Mixer.quoted,
    Mixer.fenced,
    Mixer.indented,
    Mixer.inline,
    Mixer.listed,
    Mixer.headed,
    Mixer.tabled,
    Mixer.html,
    Mixer.linked,
)


def differing(seed: int, number: int) -> list[Part]:
    """Return the comments that were read otherwise than they were meant, at most ten."""
    mixer, wrong = Mixer(seed), list[Part]()
    for _ in range(number):
        comment = mixer.comment()
        if _read(lines(comment.text)) != _read(comment.commands):
            wrong.append(comment)
    return wrong[:10]


def _read(typed: Sequence[str]) -> list[Command | Unreadable]:
    return [parse(line) for line in typed]


@click.command()
@click.option("--number", default=NUMBER, show_default=True, help="How many comments.")
@click.option("--seed", default=1, show_default=True, help="Which comments.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def main(number: int, seed: int, *, as_json: bool) -> None:
    """Read comments whose meaning is known."""
    begun = time.perf_counter()
    seeds = range(seed * CHUNKS, (seed + 1) * CHUNKS)
    with ProcessPoolExecutor() as pool:
        found = pool.map(partial(differing, number=-(-number // CHUNKS)), seeds)
        wrong = [comment for chunk in found for comment in chunk]
    for comment in wrong[:10]:
        click.echo(f"{comment.text!r}\n  meant {comment.commands}\n", err=True)
    took = Measured(f"{number} comments", (time.perf_counter() - begun,))
    tell([took], {"seed": seed, "read otherwise": len(wrong), "held": not wrong}, as_json=as_json)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
