"""A broken cloudbuild.yaml is answered with every problem at once, in words."""

from __future__ import annotations

import pytest

from bot.clients.cloud_build.build_file import dockerfile, parse, problems

GOOD = """
steps:
  - id: build
    name: gcr.io/cloud-builders/docker
    args: [build, -t, "${_IMAGE}:${_SHA}", "${_PATH}"]
    waitFor: ["-"]
    secretEnv: [TOKEN]
images: ["${_IMAGE}:${_SHA}"]
timeout: 1200s
options: {machineType: E2_HIGHCPU_8, logging: CLOUD_LOGGING_ONLY}
substitutions: {_MODE: "1"}
availableSecrets:
  secretManager:
    - {versionName: projects/p/secrets/t/versions/1, env: TOKEN}
"""
STEP = "steps: [{name: x}]\n"
IMAGE = 'images: ["${_IMAGE}:${_SHA}"]\n'


def test_a_good_file_has_no_problem_and_keeps_its_meaning() -> None:
    assert problems(GOOD) == ()
    build = parse(GOOD)
    assert build.steps[0].secret_env == ["TOKEN"]
    assert build.timeout.total_seconds() == 1200
    assert build.substitutions == {"_MODE": "1"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("steps: [", "not YAML"),
        ("- a", "must be a mapping"),
        ("", "must be a mapping"),
        ("when: 2025-13-45\n", "not YAML"),
        (STEP + IMAGE + "imagez: [x]", "imagez: there is no such key; did you mean images?"),
        (IMAGE + "steps: [{name: x, arg: [y]}]", "steps[0].arg: there is no such key"),
        (
            STEP + IMAGE + "timeout: 20m",
            'timeout: write seconds with an s and quotes, e.g. "1200s"',
        ),
        (STEP + IMAGE + "timeout: 1200", "timeout: write seconds"),
        (STEP + IMAGE + "substitutions: {_PORT: 8080}", "_PORT: must be text; put it in quotes"),
        (STEP + IMAGE + "substitutions: [a]", "substitutions: must be a mapping"),
        (STEP + IMAGE + "options: {loging: NONE}", "options.loging: there is no such key"),
        (STEP + IMAGE + "options: {logging: LOUD}", "options.logging: 'LOUD' is none of"),
        (STEP + IMAGE + "options: {dynamicSubstitutions: 1}", "must be true or false"),
        (IMAGE + "steps: {name: x}", "steps: must be a list"),
        (IMAGE + "steps: [x]", "steps[0]: must be a mapping"),
        (IMAGE + "steps: [{name: x, args: build}]", "steps[0].args: must be a list"),
        (IMAGE + "steps: [{name: x, args: [[a]]}]", "steps[0].args[0]: must be a single value"),
        (STEP + IMAGE + "status: SUCCESS", "status: Cloud Build sets this itself"),
        (STEP + IMAGE + "projectId: p", "projectId: Cloud Build sets this itself"),
        (IMAGE + "steps: [{name: x, exitCode: 1}]", "steps[0].exitCode: Cloud Build sets"),
        (STEP + IMAGE + "source: {}", "source: the source is the commit being deployed"),
        (STEP, 'name what the build makes, e.g. images: ["${_IMAGE}:${_SHA}"]'),
        (IMAGE, "steps: is missing"),
        (STEP + "images: ['${_IMAGE}:latest']", "images[0]: '${_IMAGE}:latest' names the tag"),
        (STEP + "images: ['${_IMAGE}']", "names the tag latest"),
        (STEP + "images: [gcr.io/p/app]", "names the tag latest"),
        (IMAGE + "steps: [{name: x, args: [build, -t, 'a/b:latest']}]", "steps[0].args: 'a/b:lat"),
        (IMAGE + "steps: [{name: x, args: ['--tag=a/b']}]", "steps[0].args: 'a/b' names"),
        (STEP + IMAGE + "1: x", "1: there is no such key"),
        (STEP + IMAGE + "options: {diskSizeGb: much}", "diskSizeGb"),
    ],
)
def test_a_problem_is_told_with_its_place(text: str, words: str) -> None:
    found = problems(text)
    assert len(found) == 1
    assert words in found[0]


def test_all_problems_are_told_at_once() -> None:
    assert len(problems("imagez: []\ntimeout: 5\nsteps: [{arg: 1}, {id: 7}]")) == 5


@pytest.mark.parametrize(
    "images",
    ["['$_FULL']", "['${_IMAGE}@sha256:1']", "['host:5000/app:v1']", "['${_IMAGE}:$_SHA', 'a:b']"],
)
def test_a_tag_may_come_from_a_substitution_of_the_file(images: str) -> None:
    assert problems(f"{STEP}images: {images}") == ()


def test_builder_images_and_caches_may_be_latest() -> None:
    cache = "steps: [{name: 'docker:latest', args: [build, --cache-from, 'a:latest']}]\n"
    assert problems(cache + IMAGE) == ()


@pytest.mark.parametrize(
    "bomb",
    [
        "a: &a [*a]",
        "\n".join(
            ["l0: &l0 [x, x]", *(f"l{n}: &l{n} [*l{n - 1}, *l{n - 1}]" for n in range(1, 40))]
        ),
    ],
)
def test_aliases_that_never_end_are_refused(bomb: str) -> None:
    assert problems(bomb) == ("cloudbuild.yaml holds more than 10000 values",)


DOCKER = 'steps: [{{name: "gcr.io/cloud-builders/docker", args: [build, {}]}}]\n'


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [
        ("-t, x, $_PATH", "services/api/Dockerfile"),
        ('--tag=x, "${_PATH}/"', "services/api/Dockerfile"),
        ("services/api", "services/api/Dockerfile"),
        ("-f, $_PATH/Dockerfile.prod, $_PATH", ""),
        ("--file=x, $_PATH", ""),
        (".", ""),
        ("services/other", ""),
    ],
)
def test_which_dockerfile_a_service_needs(arguments: str, needed: str) -> None:
    assert dockerfile(DOCKER.format(arguments), "services/api") == needed


def test_without_docker_no_dockerfile_is_needed() -> None:
    assert dockerfile("steps: [{name: pack, args: [build, $_PATH]}]", "services/api") == ""
    text = "steps: [{name: docker, dir: x, args: [build, $_PATH]}]"
    assert dockerfile(text, "services/api") == ""


def test_a_step_before_may_have_made_the_dockerfile() -> None:
    build = '{name: docker, args: [build, "$_PATH"]}'
    made = f"steps: [{{name: bash, args: [make]}}, {build}]"
    assert dockerfile(made, "services/api") == ""
    cached = f"steps: [{{name: docker, args: [pull, x]}}, {build}]"
    assert dockerfile(cached, "services/api") == "services/api/Dockerfile"


@pytest.mark.parametrize(
    "words", ["[push, x:latest]", "[tag, a:1, x:latest]", "[push, x]", "[tag, a:1, $_IMAGE]"]
)
def test_latest_is_neither_tagged_nor_pushed(words: str) -> None:
    (told,) = problems(f"steps: [{{name: docker, args: {words}}}]\n{IMAGE}")
    assert told.startswith("steps[0].args: ")
    assert "names the tag latest" in told


@pytest.mark.parametrize(
    "words", ["[push, x:1]", "[tag, a:1, '$_IMAGE:$_SHA']", "[push]", "[push, -a, $_IMAGE]"]
)
def test_other_tags_are_pushed(words: str) -> None:
    assert problems(f"steps: [{{name: docker, args: {words}}}]\n{IMAGE}") == ()
