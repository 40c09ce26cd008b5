"""One line, word by word, into a command; every word passes an allow-list."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.command.marks import FIRST_WORD, MAX_LINE, clean, is_command, meant_command
from bot.core.command.options import Problem, Sorted, reason_problem, sort_words, split, unquoted
from bot.core.command.words import (
    USAGE,
    Abort,
    Approve,
    Command,
    Deploy,
    Help,
    History,
    Lock,
    Pause,
    Plan,
    Promote,
    Resume,
    Rollback,
    Status,
    Unlock,
    Unreadable,
)
from bot.core.command.writing import written
from bot.core.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Callable

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._/-]{0,98}[A-Za-z0-9])?")
_SHA = re.compile(r"[0-9a-fA-F]{7,40}")
_TO = "to"


def parse(line: str) -> Command | Unreadable:
    """Read one command line; never raises."""
    line = clean(line)
    first = FIRST_WORD.match(line)
    if first is None or not is_command(line):
        return _refuse(line, Reason.NO_COMMAND, "This is not a command.", "")
    if len(line) > MAX_LINE:
        problem = f"A command has at most {MAX_LINE} characters."
        return _refuse(line, Reason.LINE_TOO_LONG, problem, "")
    name, words = first[1].lower(), split(line[first.end() :])
    if words is None:
        return _refuse(line, Reason.OPEN_QUOTATION, "A quotation mark has no partner.", "")
    if name not in USAGE:
        return _near_miss(line, name, words)
    given = sort_words(name, words)
    if isinstance(given, Problem):
        refused = _refuse(line, given.code, given.problem, "")
        return _mended(refused, (name, given.meant), sure=given.sure) if given.meant else refused
    strange = _strange_word(line, name, given.words)
    return strange or _READERS[name](line, given)


def _read_deploy(line: str, given: Sorted) -> Deploy | Unreadable:
    if not given.words:
        return _which(line, "deploy")
    environment, *rest = given.words
    shas = tuple(word.lower() for word in rest if _SHA.fullmatch(word))
    named = tuple(word for word in rest if not _SHA.fullmatch(word))
    wish = Deploy(
        environment=environment,
        words=tuple(dict.fromkeys(named)),
        ref="".join(shas[:1]),
        **given.given,  # type: ignore[arg-type]  # sort_words gives each option its own type
    )
    if len(shas) > 1:
        return _refuse(line, Reason.TWO_COMMITS, "Only one commit can be deployed.", "")
    if len(wish.words) < len(named):
        return _refuse(line, Reason.NAMED_TWICE, "A service is named twice.", written(wish))
    if shas and rest[-1].lower() != shas[0]:
        return _refuse(line, Reason.COMMIT_NOT_LAST, "The commit comes last.", written(wish))
    return wish


def _read_plan(line: str, given: Sorted) -> Plan | Unreadable:
    read = _read_deploy(line, given)
    if isinstance(read, Deploy):
        return Plan(read)
    if not given.words:
        return _which(line, "plan")
    return replace(read, suggestion=read.suggestion.replace("/deploy", "/plan", 1))


def _read_rollback(line: str, given: Sorted) -> Rollback | Unreadable:
    if not given.words:
        return _which(line, "rollback")
    environment, *rest = given.words
    commit = rest[1:] if rest[:1] == [_TO] else rest
    ref = commit[0].lower() if commit and _SHA.fullmatch(commit[0]) else ""
    meant = Rollback(environment=environment, ref=ref)
    if len(commit) > 1:
        return _too_many(line, "rollback", written(meant))
    if rest and not ref:
        problem = f"A commit is 7 to 40 hex digits. Type `{USAGE['rollback']}`."
        return _refuse(line, Reason.NO_COMMIT, problem, "")
    return meant


def _read_approve(line: str, given: Sorted) -> Approve | Unreadable:
    words = given.words
    shas = tuple(word.lower() for word in words if _SHA.fullmatch(word))
    names = tuple(word for word in words if not _SHA.fullmatch(word))
    meant = Approve(environment="".join(names[:1]), ref="".join(shas[:1]))
    if len(shas) > 1 or len(names) > 1:
        return _too_many(line, "approve", written(meant))
    return meant


def _read_lock(line: str, given: Sorted) -> Lock | Unreadable:
    if not given.words:
        return _which(line, "lock")
    environment, *rest = given.words
    reason = " ".join(map(unquoted, rest)).strip()
    if not reason:
        problem = f"A lock needs a reason, for those who meet it. Type `{USAGE['lock']}`."
        return _refuse(line, Reason.NO_REASON, problem, "")
    if problem := reason_problem(reason):
        return _refuse(line, Reason.STRANGE_REASON, problem, "")
    length = given.given.get("for")
    return Lock(environment=environment, reason=reason, length=length)  # type: ignore[arg-type]  # Takes.LENGTH


def _one(
    name: str, kind: Callable[..., Command], *, needed: bool = False
) -> Callable[[str, Sorted], Command | Unreadable]:
    """Read a command that takes an environment and nothing else."""

    def read(line: str, given: Sorted) -> Command | Unreadable:
        if needed and not given.words:
            return _which(line, name)
        if len(given.words) > 1:
            return _too_many(line, name, f"/{name} {given.words[0]}")
        return kind(environment="".join(given.words))

    return read


def _read_help(line: str, given: Sorted) -> Help | Unreadable:
    if given.words:
        return _refuse(line, Reason.TOO_MANY_WORDS, "`/help` stands alone.", "/help")
    return Help()


_READERS: dict[str, Callable[[str, Sorted], Command | Unreadable]] = {
    "deploy": _read_deploy,
    "plan": _read_plan,
    "promote": _one("promote", Promote),
    "pause": _one("pause", Pause),
    "resume": _one("resume", Resume),
    "abort": _one("abort", Abort),
    "rollback": _read_rollback,
    "approve": _read_approve,
    "status": _one("status", Status),
    "history": _one("history", History, needed=True),
    "lock": _read_lock,
    "unlock": _one("unlock", Unlock, needed=True),
    "help": _read_help,
}


def _refuse(line: str, code: Reason, problem: str, suggestion: str) -> Unreadable:
    return Unreadable(line=line, code=code, problem=problem, suggestion=suggestion)


def _which(line: str, name: str) -> Unreadable:
    return _refuse(line, Reason.NO_ENVIRONMENT, f"Which environment? Type `{USAGE[name]}`.", "")


def _too_many(line: str, name: str, suggestion: str) -> Unreadable:
    problem = f"That is a word too many. Type `{USAGE[name]}`."
    return _refuse(line, Reason.TOO_MANY_WORDS, problem, suggestion)


def _near_miss(line: str, name: str, words: tuple[str, ...]) -> Unreadable:
    meant = meant_command(name)
    problem = f"That is no command; did you mean `/{meant}`?"
    return _mended(_refuse(line, Reason.UNKNOWN_COMMAND, problem, ""), (meant, words), sure=True)


def _strange_word(line: str, name: str, words: tuple[str, ...]) -> Unreadable | None:
    """Refuse the first word that no name can be; a lock's reason is looked at as a whole."""
    for place, word in enumerate(words[:1] if name == "lock" else words):
        if not _NAME.fullmatch(word):
            problem = f"Word {place + 2} cannot be a name. Type `{USAGE[name]}`."
            return _refuse(line, Reason.NOT_A_NAME, problem, "")
    return None


def _mended(refused: Unreadable, meant: tuple[str, tuple[str, ...]], *, sure: bool) -> Unreadable:
    """Return it with the line spelt right, and with what is wrong with that line too."""
    name, words = meant
    read = parse(" ".join((f"/{name}", *words)))
    if not isinstance(read, Unreadable):
        return replace(refused, suggestion=written(read))
    also = ((read.code, read.problem), *read.also) if sure else ()
    return replace(refused, also=also, suggestion=read.suggestion)
