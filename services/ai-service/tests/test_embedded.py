"""The embedded analyser's answers to Korean and English texts."""

from __future__ import annotations

import pytest

from app.embedded import analyse


@pytest.mark.parametrize(
    ("text", "emotion"),
    [
        ("오늘 기분이 좋아요", "joy"),
        ("시험에 붙어서 정말 기뻤어요!", "joy"),
        ("즐거운 하루였다", "joy"),
        ("너무 슬퍼서 눈물이 나요", "sadness"),
        ("요즘 외롭고 우울해", "sadness"),
        ("진짜 짜증나고 화나", "anger"),
        ("내일이 무섭고 걱정돼", "fear"),
        ("깜짝 놀랐어", "surprise"),
        ("I am so happy today", "joy"),
        ("This makes me sad and lonely", "sadness"),
        ("I HATE waiting", "anger"),
        ("worried about tomorrow", "fear"),
        ("책상 위에 연필이 있다", "neutral"),
        ("The saddle is on the horse", "neutral"),
        ("영화나 볼까", "neutral"),
    ],
)
def test_names_the_emotion(text: str, emotion: str) -> None:
    assert analyse(text).emotion == emotion


@pytest.mark.parametrize(
    ("text", "emotion"),
    [
        ("기분이 좋지 않아요", "sadness"),
        ("오늘은 안 좋아", "sadness"),
        ("재미없다", "sadness"),
        ("하나도 무섭지 않아", "calm"),
        ("걱정 없어요", "calm"),
        ("I am not happy", "sadness"),
        ("I don't really worry", "calm"),
    ],
)
def test_a_negated_word_means_its_opposite(text: str, emotion: str) -> None:
    assert analyse(text).emotion == emotion


def test_shows_the_words_it_judged_by() -> None:
    assert analyse("오늘 기분이 좋아요, 행복해!").words == ["좋아요", "행복해"]


def test_the_stronger_word_wins() -> None:
    found = analyse("조금 걱정되지만 너무 행복해요")
    assert found.emotion == "joy"
    assert found.scores["joy"] > found.scores["fear"] > 0


def test_no_known_word_is_no_confidence() -> None:
    assert analyse("책상").confidence == 0


@pytest.mark.parametrize(
    ("text", "language"), [("좋아 good", "ko"), ("good morning 네", "en"), ("12!", "unknown")]
)
def test_tells_the_language(text: str, language: str) -> None:
    assert analyse(text).language == language
