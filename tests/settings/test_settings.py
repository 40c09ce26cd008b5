"""The environment's variables: all of them, or every reason why not."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from bot.settings import OPTIONAL, REQUIRED, Settings, SettingsError, load

GOOD = dict.fromkeys(REQUIRED.values(), "x") | {
    "SPILLWAY_GITHUB_APP_ID": "7",
    "SPILLWAY_GITHUB_APP_KEY": "-----BEGIN RSA PRIVATE KEY-----\\nabc",
}


def problems(**wrong: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(GOOD | wrong)
    return str(caught.value).splitlines()


def test_what_must_be_there_is_named_all_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        load({})
    assert str(caught.value).splitlines() == [f"{name} is not set" for name in REQUIRED.values()]


def test_every_setting_has_a_variable() -> None:
    assert set(REQUIRED) | set(OPTIONAL) == set(Settings.__struct_fields__)


def test_what_may_be_left_out_has_a_default() -> None:
    settings = load(GOOD)
    assert settings.allowed is None
    assert settings.github_url == "https://api.github.com"
    assert settings.app_key == "-----BEGIN RSA PRIVATE KEY-----\nabc"


def test_several_problems_are_one_error() -> None:
    told = problems(
        SPILLWAY_GITHUB_APP_ID="seven",
        SPILLWAY_GITHUB_APP_KEY="secret without a frame",
        SPILLWAY_WEBHOOK_SECRETS=",",
        SPILLWAY_METRICS_LAG_SECONDS="soon",
        SPILLWAY_ALLOWED="{7: {projects: [p]}}",
    )
    assert told == [
        "SPILLWAY_WEBHOOK_SECRETS holds no secret",
        "SPILLWAY_GITHUB_APP_ID is not a number: 'seven'",
        (
            "SPILLWAY_GITHUB_APP_KEY is no private key in PEM: it begins with "
            "-----BEGIN … PRIVATE KEY-----"
        ),
        'SPILLWAY_ALLOWED 7.regions: must list at least one pattern, such as ["*"]',
        'SPILLWAY_ALLOWED 7.services: must list at least one pattern, such as ["*"]',
        "SPILLWAY_METRICS_LAG_SECONDS is not a number: 'soon'",
    ]


@pytest.mark.parametrize(
    "url",
    [
        "https://api.github.com",
        "https://api.github.com/",
        "https://github.acme.test/api/v3",
        "https://github.acme.test:8443/api/v3/",
        "http://127.0.0.1:1234",
        "http://localhost:1234/api/v3",
    ],
)
def test_addresses_of_github(url: str) -> None:
    assert load(GOOD | {"SPILLWAY_GITHUB_URL": url}).github_url == url.rstrip("/")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://github.acme.test", "ends in /api/v3: https://github.acme.test/api/v3"),
        ("https://api.github.com/api/v3", "without a path"),
        ("http://github.acme.test/api/v3", "plain http is for this machine only"),
        ("github.acme.test", "is no address"),
        ("https://", "is no address"),
        ("https://[::1/api/v3", "is no address"),
        ("https://me:token@github.acme.test/api/v3", "without user"),
    ],
)
def test_what_is_no_address_of_github(url: str, why: str) -> None:
    (told,) = problems(SPILLWAY_GITHUB_URL=url)
    assert told.startswith("SPILLWAY_GITHUB_URL ")
    assert why in told


@pytest.mark.parametrize("role", ["receiver", "consumer"])
def test_nothing_starts_before_all_is_well(role: str) -> None:
    command = [sys.executable, "-m", "bot", role, "--host", "127.0.0.1", "--port", "0"]
    known = {"PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    wrong = known | GOOD | {"SPILLWAY_ALLOWED": "[]", "SPILLWAY_GITHUB_URL": "nowhere"}
    done = subprocess.run(  # noqa: S603  # our own module
        command, env=wrong, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1
    assert "SPILLWAY_ALLOWED must map repository ids" in done.stderr
    assert "SPILLWAY_GITHUB_URL is no address" in done.stderr
    assert "Traceback" not in done.stderr
