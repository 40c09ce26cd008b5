"""A line's words sorted: plain ones, and options with what belongs to them.

A quoted text counts as one word. Whatever keyboards make of two hyphens or of a quotation mark is
read as what was meant.
"""

from __future__ import annotations

import re
from datetime import timedelta
from enum import Enum

from msgspec import Struct
from msgspec.structs import replace

from bot.core.reasons import Reason
from bot.core.spelling import closest


class Takes(Enum):
    """What an option is followed by."""

    NOTHING = "nothing"
    NUMBER = "the number of a pull request"
    LENGTH = "a length of time such as `90m`, `2h` or `3d`"
    TEXT = "a text in quotation marks"


_DEPLOY = {
    "now": Takes.NOTHING,
    "retry": Takes.NOTHING,
    "replace": Takes.NUMBER,
    "override": Takes.NOTHING,
    "reason": Takes.TEXT,
}
OPTIONS: dict[str, dict[str, Takes]] = {
    "deploy": _DEPLOY,
    "plan": _DEPLOY,
    "lock": {"for": Takes.LENGTH},
}

MAX_REASON = 200
_QUOTES = str.maketrans(dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"'))
_WORD = re.compile(r'[^\s"]*"[^"]*"|\S+')
_OPTION = re.compile(r"(?:-{1,2}|[\u2013\u2014])([A-Za-z][A-Za-z0-9-]{0,30})(?:=(.*))?")
_NUMBER = re.compile(r"#?([1-9][0-9]{0,8})")
_LENGTH = re.compile(r"([1-9][0-9]{0,3})(m|h|d)")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_LONGEST = timedelta(days=90)
_REASON = re.compile(r"[\w .,:;!?'()/#+=%&@-]+")


class Sorted(Struct, frozen=True, kw_only=True):
    """The plain words in their order, and each option's value: True, a number, a length, a text."""

    words: tuple[str, ...] = ()
    given: dict[str, bool | int | timedelta | str]


class Problem(Struct, frozen=True, kw_only=True):
    """What is wrong with an option, and the line's words as they were probably meant."""

    code: Reason
    problem: str
    meant: tuple[str, ...] = ()
    sure: bool = False
    """Whether nothing was left out of those."""


def split(text: str) -> tuple[str, ...] | None:
    """Return the words, quoted ones with their marks; None when a quotation has no end."""
    words = tuple(_WORD.findall(text.translate(_QUOTES)))
    return None if any(word.count('"') % 2 for word in words) else words


def sort_words(name: str, words: tuple[str, ...]) -> Sorted | Problem:
    """Tell options from plain words; the first thing that is wrong is the answer."""
    plain: list[str] = []
    given: dict[str, bool | int | timedelta | str] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        option = _OPTION.fullmatch(word)
        if option is None:
            plain.append(word)
            continue
        before = words[: len(words) - len(rest) - 1]
        key, value = option[1].lower(), option[2]
        takes = OPTIONS.get(name, {}).get(key)
        if takes is None:
            return _unknown(name, key, (before, tuple(rest)))
        if key in given:
            return _twice(key, (*before, *_after(takes, value, rest)))
        read = _value(key, takes, value, rest)
        if isinstance(read, Problem):
            return replace(read, meant=_quoted(before, key, words), sure=True)
        given[key] = read
    return Sorted(words=tuple(plain), given=given)


def reason_problem(text: str) -> str:
    """Return what is wrong with a reason, or nothing."""
    if len(text) > MAX_REASON:
        return f"A reason has at most {MAX_REASON} characters."
    if not _REASON.fullmatch(text):
        return "A reason is made of letters, digits, spaces and plain punctuation."
    return ""


def unquoted(word: str) -> str:
    """Return a quoted text without its marks and outer spaces."""
    return word.strip('"').strip()


def _unknown(name: str, key: str, around: tuple[tuple[str, ...], tuple[str, ...]]) -> Problem:
    before, after = around
    meant = closest(key, OPTIONS.get(name, {}))
    hint = f"; did you mean `--{meant}`?" if meant else "."
    return Problem(
        code=Reason.UNKNOWN_OPTION,
        problem=f"`/{name}` has no option `--{key}`{hint}",
        meant=(*before, f"--{meant}", *after) if meant else before,
        sure=bool(meant),
    )


def _quoted(before: tuple[str, ...], key: str, words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words with the marks around a text that was meant to have them."""
    after = words[len(before) + 1 :]
    end = next((place for place, word in enumerate(after) if _OPTION.fullmatch(word)), len(after))
    text = " ".join(after[:end])
    if key != "reason" or not text or reason_problem(text):
        return ()
    return (*before, f"--{key}", f'"{text}"', *after[end:])


def _twice(key: str, meant: tuple[str, ...]) -> Problem:
    return Problem(
        code=Reason.OPTION_TWICE, problem=f"`--{key}` is given twice.", meant=meant, sure=True
    )


def _after(takes: Takes, glued: str | None, rest: list[str]) -> tuple[str, ...]:
    """Return the words after an option and its value."""
    return tuple(rest if takes is Takes.NOTHING or glued is not None else rest[1:])


def _value(
    key: str, takes: Takes, glued: str | None, rest: list[str]
) -> bool | int | timedelta | str | Problem:
    """Read an option's value, and take it off the rest."""
    if takes is Takes.NOTHING:
        return glued is None or _wrong(key, takes)
    if glued is None and (not rest or _OPTION.fullmatch(rest[0])):
        return _wrong(key, takes)
    value = rest.pop(0) if glued is None else glued
    match takes:
        case Takes.NUMBER:
            number = _NUMBER.fullmatch(value)
            return int(number[1]) if number else _wrong(key, takes)
        case Takes.LENGTH:
            return length(value) or _wrong(key, takes)
        case _:
            return _text(key, value)


def length(text: str) -> timedelta | None:
    """Return a length of time of at most 90 days, or None."""
    read = _LENGTH.fullmatch(text.lower())
    found = int(read[1]) * _UNITS[read[2]] if read else None
    return found if found and found <= _LONGEST else None


def _text(key: str, value: str) -> str | Problem:
    text = unquoted(value)
    if not value.startswith('"') or not text:
        return _wrong(key, Takes.TEXT)
    problem = reason_problem(text)
    return Problem(code=Reason.STRANGE_REASON, problem=problem) if problem else text


def _wrong(key: str, takes: Takes) -> Problem:
    return Problem(code=Reason.OPTION_VALUE, problem=f"`--{key}` takes {takes.value}.")
