"""One line, word by word, into a command; every word passes an allow-list."""

from __future__ import annotations

import re

from bot.core.command.marks import FIRST_WORD, MAX_LINE, clean, is_command, meant_command
from bot.core.command.words import USAGE, Command, Deploy, Help, Status, Unreadable, written

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._/-]{0,98}[A-Za-z0-9])?")
_SHA = re.compile(r"[0-9a-fA-F]{7,40}")
_OPTION = re.compile(r"-{1,2}[A-Za-z][A-Za-z0-9-]{0,30}")


def parse(line: str) -> Command | Unreadable:
    """Read one command line; never raises."""
    line = clean(line)
    first = FIRST_WORD.match(line)
    if first is None or not is_command(line) or len(line) > MAX_LINE:
        return _refuse(line, "no_command", "This is not a command.", "")
    name, words = first[1].lower(), tuple(line.split()[1:])
    if name not in USAGE:
        return _near_miss(line, name, words)
    strange = _strange_word(line, name, words)
    return strange or _READERS[name](line, words)


def _read_deploy(line: str, words: tuple[str, ...]) -> Deploy | Unreadable:
    if not words:
        problem = f"Which environment? Type `{USAGE['deploy']}`."
        return _refuse(line, "no_environment", problem, "")
    environment, *rest = words
    shas = tuple(word.lower() for word in rest if _SHA.fullmatch(word))
    named = tuple(word for word in rest if not _SHA.fullmatch(word))
    wish = Deploy(environment=environment, words=tuple(dict.fromkeys(named)), ref="".join(shas[:1]))
    if len(shas) > 1:
        return _refuse(line, "two_commits", "Only one commit can be deployed.", "")
    if len(wish.words) < len(named):
        return _refuse(line, "named_twice", "A service is named twice.", written(wish))
    if shas and rest[-1].lower() != shas[0]:
        return _refuse(line, "commit_not_last", "The commit comes last.", written(wish))
    return wish


def _read_status(line: str, words: tuple[str, ...]) -> Status | Unreadable:
    if len(words) > 1:
        problem = "`/status` takes one environment, or none for all."
        return _refuse(line, "too_many_words", problem, f"/status {words[0]}")
    return Status(environment="".join(words))


def _read_help(line: str, words: tuple[str, ...]) -> Help | Unreadable:
    if words:
        return _refuse(line, "too_many_words", "`/help` stands alone.", "/help")
    return Help()


_READERS = {"deploy": _read_deploy, "status": _read_status, "help": _read_help}


def _refuse(line: str, code: str, problem: str, suggestion: str) -> Unreadable:
    return Unreadable(line=line, code=code, problem=problem, suggestion=suggestion)


def _near_miss(line: str, name: str, words: tuple[str, ...]) -> Unreadable:
    meant = meant_command(name)
    problem = f"That is no command; did you mean `/{meant}`?"
    return _refuse(line, "unknown_command", problem, _paste_ready(meant, words))


def _strange_word(line: str, name: str, words: tuple[str, ...]) -> Unreadable | None:
    """Refuse the first option or the first word that no name can be."""
    for place, word in enumerate(words):
        if _OPTION.fullmatch(word):
            problem = f"`/{name}` has no option `{word}`."
            return _refuse(line, "unknown_option", problem, _paste_ready(name, words[:place]))
        if not _NAME.fullmatch(word):
            problem = f"Word {place + 2} cannot be a name. Type `{USAGE[name]}`."
            return _refuse(line, "not_a_name", problem, "")
    return None


def _paste_ready(name: str, words: tuple[str, ...]) -> str:
    """Return the line spelt right if it can be followed then, else what would be suggested."""
    read = parse(" ".join((f"/{name}", *words)))
    return read.suggestion if isinstance(read, Unreadable) else written(read)
