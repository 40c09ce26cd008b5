"""Judge whether the canary is worse than stable: what the evidence is, and what it says.

`update` folds one metric window into the evidence, `read` says what follows. docs/verdict.md tells
the rule in words. Inside: `past` sums up stable's last day, `noise` says what to expect of a
window, `arrival` waits for late ones, `likelihood` compares, `catastrophe` is the fast lane,
`silence` hears what is not counted, `fold` adds up, `reading` decides.

Next: bot/core/verdict/fold.py
"""

from bot.core.verdict.fold import update
from bot.core.verdict.past import summary
from bot.core.verdict.reading import read
from bot.core.verdict.words import reason, unseen

__all__ = ["read", "reason", "summary", "unseen", "update"]
