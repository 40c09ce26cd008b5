"""Why something was not done, as a word for machines: a closed set that keeps its names.

Programs read these in the answers' JSON; docs/reason-codes.md explains each.
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """One word per kind of refusal."""

    NO_COMMAND = "no_command"
    UNKNOWN_COMMAND = "unknown_command"
    OPEN_QUOTATION = "open_quotation"
    UNKNOWN_OPTION = "unknown_option"
    OPTION_TWICE = "option_twice"
    OPTION_VALUE = "option_value"
    STRANGE_REASON = "strange_reason"
    NO_REASON = "no_reason"
    NOT_A_NAME = "not_a_name"
    TOO_MANY_WORDS = "too_many_words"
    NO_ENVIRONMENT = "no_environment"
    UNKNOWN_ENVIRONMENT = "unknown_environment"
    UNKNOWN_SERVICE = "unknown_service"
    NAMED_TWICE = "named_twice"
    NO_COMMIT = "no_commit"
    TWO_COMMITS = "two_commits"
    COMMIT_NOT_LAST = "commit_not_last"

    BAD_MANIFEST = "bad_manifest"
    BAD_BUILD_FILE = "bad_build_file"
    STALE_BUTTON = "stale_button"
    LOCKED = "locked"
    INTERNAL = "internal"
    NOT_ALLOWED = "not_allowed"
    BAD_SOURCE = "bad_source"
    NO_PULL_REQUEST = "no_pull_request"
    NO_VERSION = "no_version"
    NOTHING_BUILT = "nothing_built"
    NOT_NAMED = "not_named"

    PERMISSION_DENIED = "permission_denied"
    TOO_LATE = "too_late"
    PULL_REQUEST_CLOSED = "pull_request_closed"
    PULL_REQUEST_MERGED = "pull_request_merged"
    FORK_DENIED = "fork_denied"
    COMMIT_UNKNOWN = "commit_unknown"
    HEAD_NOT_KNOWN = "head_not_known"
    DRAFT = "draft"
    BASE_NOT_DEFAULT = "base_not_default"
    FORK_UNNAMED = "fork_unnamed"
    NOT_DEFAULT_BRANCH = "not_default_branch"
    HEAD_MOVED = "head_moved"
    HEAD_TOO_YOUNG = "head_too_young"
    NOT_UP_TO_DATE = "not_up_to_date"
    LIVE_NOT_CONTAINED = "live_not_contained"
    NOT_AFTER = "not_after"
    CHECKS_NOT_GREEN = "checks_not_green"
    CHECKS_RUNNING = "checks_running"
    APPROVALS_MISSING = "approvals_missing"
    APPROVAL_NEEDED = "approval_needed"
    OVERRIDE_DENIED = "override_denied"
    FROZEN = "frozen"
    OUTSIDE_WINDOWS = "outside_windows"
    OWN_DEPLOYMENT = "own_deployment"
    NOTHING_TO_APPROVE = "nothing_to_approve"

    NOTHING_GOING = "nothing_going"
    WHICH_ENVIRONMENT = "which_environment"
    NOT_NOW = "not_now"
    NO_RELEASE = "no_release"
    REJECTED_BEFORE = "rejected_before"
