"""Whatever is typed is read or refused, and what is written is read again."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.core.command import (
    USAGE,
    Abort,
    Approve,
    Command,
    Deploy,
    Help,
    History,
    Known,
    Lock,
    Pause,
    Plan,
    Promote,
    Resume,
    Rollback,
    Status,
    Unlock,
    Unreadable,
    parse,
    resolve_plan,
    resolve_words,
    written,
)

SERVICES = ("ai-service", "api-service")
KNOWN = Known(environments=("staging", "prod"), services=SERVICES, branch="main")
SHA = "a1b2c3d4e5f60718293a4b5c6d7e8f9012345678"


def settled(line: str) -> Command | Unreadable:
    """The line as it is followed in a repository with our two services and `main`."""
    command = parse(line)
    match command:
        case Deploy():
            return resolve_words(command, SERVICES, "main")
        case Plan():
            return resolve_plan(command, KNOWN)
        case _:
            return command


@given(st.text())
def test_no_text_breaks_the_reading(text: str) -> None:
    for line in (text, *(f"/{name} {text}" for name in USAGE)):
        assert isinstance(settled(line), Command | Unreadable)


@given(st.text(alphabet=st.characters(codec="ascii")))
def test_a_suggestion_can_be_pasted_and_a_problem_repeats_nothing_unchecked(text: str) -> None:
    for name, usage in USAGE.items():
        read = parse(f"/{name} {text}")
        if isinstance(read, Unreadable):
            said = read.problem.replace(usage, "").replace("; did you mean", "")
            assert not set("@$;\\\"'") & set(said)
            assert not read.suggestion or not isinstance(parse(read.suggestion), Unreadable)


NAMES = st.sampled_from(SERVICES)


REASON = st.from_regex(r"\A[a-z][a-z .,:#]{0,20}[a-z]\Z")
DEPLOY = st.builds(
    Deploy,
    environment=st.sampled_from(["prod", "staging"]),
    services=st.lists(NAMES, unique=True).map(tuple),
    ref=st.sampled_from(["", "main", "a1b2c3d", SHA]),
    now=st.booleans(),
    retry=st.booleans(),
    replace=st.integers(min_value=0, max_value=10**9 - 1),
    override=st.booleans(),
    reason=st.just("") | REASON,
)
PROD = st.just("prod")
PERHAPS = st.sampled_from(["", "prod"])
COMMIT = st.sampled_from(["", "a1b2c3d", SHA])
LENGTH = st.none() | st.integers(min_value=1, max_value=9999).map(lambda m: timedelta(minutes=m))
COMMAND = st.one_of(
    DEPLOY,
    st.builds(Plan, DEPLOY),
    *(st.builds(kind, environment=PERHAPS) for kind in (Promote, Pause, Resume, Abort, Status)),
    *(st.builds(kind, environment=PROD) for kind in (History, Unlock)),
    st.builds(Rollback, environment=PROD, ref=COMMIT),
    st.builds(Approve, environment=PERHAPS, ref=COMMIT),
    st.builds(Lock, environment=PROD, reason=REASON, length=LENGTH),
    st.just(Help()),
)


@given(COMMAND)
def test_what_is_written_is_read_again(command: Command) -> None:
    assert settled(written(command)) == command
