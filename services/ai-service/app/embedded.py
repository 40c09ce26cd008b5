"""A small analyser that needs no network: emotion words, their negation and their strength.

It knows words, not meaning: irony, context and rare words are beyond it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from unicodedata import normalize

from app.words import ENGLISH, ENGLISH_STRONG, KOREAN, KOREAN_STRONG, OPPOSITE

_JAMO_OF_A_LONE_CONSONANT = str.maketrans({"ㅃ": "\u1108", "ㅍ": "\u1111"})
_NEGATED_AFTER = re.compile(
    normalize(
        "NFD",
        r"^(?:\S{0,4}?지[는도를]?\s*(?:않|못|마(?!\u11ab))|\S{0,4}?진\s*(?:않|못)|\s*[이은도가]?\s*없)",
    )
)
_NEGATED_BEFORE = re.compile(normalize("NFD", r"(?:^|\s)(?:안|못|별로)\s*$"))
_STRONG_BEFORE = re.compile(normalize("NFD", rf"(?:{'|'.join(KOREAN_STRONG)})\s*\S*\s?$"))
_NOT_BEFORE = re.compile(
    r"(?:\b(?:not|never|no|without|hardly)|n['\u2019]t)\s+(?:\w+\s+){0,2}$", re.IGNORECASE
)
_VERY_BEFORE = re.compile(rf"\b(?:{'|'.join(ENGLISH_STRONG)})\s+$", re.IGNORECASE)
_STRONG = 1.5
_NEGATED = 0.7
_DOUBT_PER_WORD = 0.4


@dataclass(frozen=True, slots=True)
class Emotion:
    """One text's emotion; `scores` sum to 1 when a word was found, `confidence` is 0 to 1."""

    emotion: str
    confidence: float
    scores: dict[str, float]
    words: list[str]
    language: str


@dataclass(frozen=True, slots=True)
class _Found:
    position: int
    word: str
    emotion: str
    weight: float


def analyse(text: str) -> Emotion:
    """Name the strongest emotion among the words known; `neutral` when there is none."""
    found = sorted([*_korean(text), *_english(text)], key=lambda one: one.position)
    weights: defaultdict[str, float] = defaultdict(float)
    for one in found:
        weights[one.emotion] += one.weight
    total = sum(weights.values())
    strongest = sorted(weights.items(), key=lambda pair: -pair[1])
    scores = {emotion: round(weight / total, 3) for emotion, weight in strongest}
    emotion = next(iter(scores), "neutral")
    confidence = round(scores.get(emotion, 0.0) * (1 - _DOUBT_PER_WORD**total), 3)
    words = list(dict.fromkeys(one.word for one in found))
    return Emotion(emotion, confidence, scores, words, language_of(text))


def language_of(text: str) -> str:
    """Tell `ko` from `en` by the letters used; `unknown` when there are neither."""
    hangul = len(re.findall(r"[\uac00-\ud7a3\u3131-\u318e]", normalize("NFC", text)))
    latin = len(re.findall(r"[A-Za-z]", text))
    if not hangul and not latin:
        return "unknown"
    return "ko" if hangul * 2 >= latin else "en"


def _stem(entry: str) -> str:
    start = r"(?:(?<=\s)|^)" if entry.startswith("^") else ""
    letters = normalize("NFD", entry.removeprefix("^")).translate(_JAMO_OF_A_LONE_CONSONANT)
    return start + re.escape(letters)


_STEMS = {
    emotion: re.compile("|".join(_stem(entry) for entry in entries))
    for emotion, entries in KOREAN.items()
}
_WORDS = {
    emotion: re.compile(rf"\b(?:{'|'.join(entries)})\b", re.IGNORECASE)
    for emotion, entries in ENGLISH.items()
}


def _korean(text: str) -> list[_Found]:
    letters = normalize("NFD", text)
    words = list(re.finditer(r"\S+", letters))
    return [
        _weigh(
            _Found(hit.start(), _word_around(words, hit.start()), emotion, 1.0),
            negated=bool(
                _NEGATED_AFTER.search(letters[hit.end() : hit.end() + 24])
                or _NEGATED_BEFORE.search(letters[max(0, hit.start() - 12) : hit.start()])
            ),
            strong=bool(_STRONG_BEFORE.search(letters[max(0, hit.start() - 24) : hit.start()])),
        )
        for emotion, stems in _STEMS.items()
        for hit in stems.finditer(letters)
    ]


def _english(text: str) -> list[_Found]:
    return [
        _weigh(
            _Found(hit.start(), hit.group().lower(), emotion, 1.0),
            negated=bool(_NOT_BEFORE.search(text[max(0, hit.start() - 32) : hit.start()])),
            strong=bool(_VERY_BEFORE.search(text[max(0, hit.start() - 16) : hit.start()])),
        )
        for emotion, words in _WORDS.items()
        for hit in words.finditer(text)
    ]


def _weigh(found: _Found, *, negated: bool, strong: bool) -> _Found:
    weight = found.weight * (_STRONG if strong else 1.0)
    if not negated:
        return _Found(found.position, found.word, found.emotion, weight)
    return _Found(found.position, found.word, OPPOSITE[found.emotion], weight * _NEGATED)


def _word_around(words: list[re.Match[str]], position: int) -> str:
    word = words[bisect_right(words, position, key=re.Match.start) - 1]
    return normalize("NFC", word.group()).strip(".,!?~…'\"()[]")
