"""The comment grammar: what people type, found in Markdown and told apart word by word.

A comment is hostile input: every word passes an allow-list, and no unchecked word is repeated in
an answer. `lines` finds the commands of a comment, `parse` reads one, and the `resolve_…` functions
settle what only deploy.yaml can tell.

Next: bot/core/manifest/__init__.py
"""

from bot.core.command.comment import MAX_LINES, lines
from bot.core.command.reading import parse
from bot.core.command.resolving import (
    Known,
    completed,
    resolve_deploy,
    resolve_environment,
    resolve_plan,
    resolve_words,
)
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
    Steering,
    Unlock,
    Unreadable,
)
from bot.core.command.writing import duration, written
from bot.core.spelling import closest

__all__ = [
    "MAX_LINES",
    "USAGE",
    "Abort",
    "Approve",
    "Command",
    "Deploy",
    "Help",
    "History",
    "Known",
    "Lock",
    "Pause",
    "Plan",
    "Promote",
    "Resume",
    "Rollback",
    "Status",
    "Steering",
    "Unlock",
    "Unreadable",
    "closest",
    "completed",
    "duration",
    "lines",
    "parse",
    "resolve_deploy",
    "resolve_environment",
    "resolve_plan",
    "resolve_words",
    "written",
]
