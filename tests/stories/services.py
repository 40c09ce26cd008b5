"""Small services of real code, as people commit them: what a story's repository holds."""

from __future__ import annotations

DOCKERFILE = """\
FROM python:3.12-slim
WORKDIR /app
COPY app.py .
CMD ["python", "app.py"]
"""

CLOUDBUILD = """\
steps:
  - name: gcr.io/cloud-builders/docker
    args: [build, "--tag=$_IMAGE:$_SHA", $_PATH]
images: ["$_IMAGE:$_SHA"]
options: {logging: CLOUD_LOGGING_ONLY}
"""

APP = '''\
"""{title}"""
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SEEN = 0


class App(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        global SEEN
        SEEN += self.path == "/"
        {behaviour}
        self.send_response(status)
        body = os.environ.get("GREETING", "hello").encode()
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Instance", str(os.getpid()))
        self.end_headers()
        self.wfile.write(body)


print("listening", flush=True)
ThreadingHTTPServer.request_queue_size = 128  # on a busy machine 5 are not enough
ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), App).serve_forever()
'''


QUICK = "min_bake: 1s, max_bake: 20s, watch: 0s"
"""How long a rollout bakes that visitors come to."""
QUIET = "{steps: [20, 100], min_bake: 1s, max_bake: 3s, min_requests: 10, watch: 0s}"
"""A rollout that does not wait long for visitors."""
WATCHED = "{steps: [50, 100], min_bake: 1s, max_bake: 20s, min_requests: 10, watch: 60s}"
"""A rollout that is judged on at 100 %."""


def good(title: str = "begin") -> str:
    """A service that answers."""
    return APP.format(title=title, behaviour="status = 200")


def failing(title: str = "fails three of ten", of_ten: int = 3) -> str:
    """A service whose visitors get 500 so many times of ten, while /health stays well."""
    behaviour = f'status = 500 if self.path == "/" and SEEN % 10 < {of_ten} else 200'
    return APP.format(title=title, behaviour=behaviour)


def complaining(title: str = "logs errors") -> str:
    """A service that answers well, and logs an error with every third answer."""
    line = '{"severity": "ERROR", "message": "cannot store it"}'
    behaviour = f"SEEN % 3 or print('{line}', flush=True)\n        status = 200"
    return APP.format(title=title, behaviour=behaviour)


def unhealthy(title: str = "is not well") -> str:
    """A service that listens, and answers its health check with 503."""
    return APP.format(title=title, behaviour='status = 503 if self.path == "/health" else 200')


def falling_ill() -> str:
    """A service that nobody calls, whose health check is answered well only once."""
    behaviour = 'status = 503 if self.path == "/health" and next(ASKED) else 200'
    app = APP.format(title="falls ill", behaviour=behaviour)
    return app.replace("SEEN = 0\n", "SEEN = 0\nASKED = iter(range(1000))\n")


def sluggish(title: str = "is slow") -> str:
    """A service whose visitors wait a fifth of a second."""
    behaviour = 'time.sleep(0.2 * (self.path == "/"))\n        status = 200'
    return f"import time\n{APP.format(title=title, behaviour=behaviour)}"


def turning_bad(at: int) -> str:
    """A service that answers well so many times, and then every other time with 500."""
    behaviour = f"status = 500 if {at} < SEEN and SEEN % 2 else 200"
    return APP.format(title="turns bad", behaviour=behaviour)


def turned_bad(until: int = 30) -> str:
    """A service that answers well, but for every other of so many visitors after one to /turn."""
    behaviour = f"""SEEN *= self.path != "/turn"
        status = 500 if SEEN < {until} and SEEN % 2 else 200"""
    return APP.format(title="is turned bad", behaviour=behaviour).replace(
        "SEEN = 0\n", "SEEN = 1_000_000\n"
    )


def silent() -> str:
    """A service that ends before it listens."""
    return 'raise SystemExit("the database password is missing")\n'


def ending() -> str:
    """A service that its first visitor ends, and that cannot begin a second time."""
    behaviour = 'status = os._exit(1) if self.path == "/" else 200'
    app = APP.format(title="cannot begin again", behaviour=behaviour)
    return app.replace("SEEN = 0\n", 'SEEN = 0\nopen("begun", "x").close()\n')


def slowly(app: str) -> str:
    """The same service, which takes a while until it begins."""
    return f"import time\n\ntime.sleep(4)\n{app}"


ALONE = "contains_live: false"
"""Pull requests of one story know nothing of each other, and are deployed one over the other."""


def manifest(prefix: str, *services: str, prod: str = "", gates: str = ALONE) -> str:
    """A deploy.yaml: every service needs the one before it; bakes last a second or two."""
    lines = [
        "project: senior-mhealth-lee",
        "region: asia-northeast3",
        "images: asia-northeast3-docker.pkg.dev/senior-mhealth-lee/backend",
        "services:",
    ]
    before = ""
    for service in services:
        lines += [
            f"  {prefix}-{service}:",
            f"    path: {service}",
            "    cloud_run:",
            "      allow_unauthenticated: true",
            f"      env: {{GREETING: hello{_needs(prefix, before)}}}",
            "    smoke: [{get: /health, expect: {status: 200}}]",
        ]
        before = service
    rollout = prod or "{steps: [20, 100], min_bake: 1s, max_bake: 20s, min_requests: 30, watch: 0s}"
    lines += [
        "environments:",
        "  staging: {on_push: main, service_suffix: -staging, rollout: {steps: [100]}}",
        f"  prod: {{rollout: {rollout}, gates: {{{gates}}}}}",
    ]
    return "\n".join(lines) + "\n"


def _needs(prefix: str, before: str) -> str:
    return f', CALLEE: "${{{prefix}-{before}.url}}"' if before else ""


def repository(prefix: str, *services: str, prod: str = "", gates: str = ALONE) -> dict[str, str]:
    """All files of a repository with these services, all well."""
    files = {
        "deploy.yaml": manifest(prefix, *services, prod=prod, gates=gates),
        "cloudbuild.yaml": CLOUDBUILD,
    }
    for service in services:
        files[f"{service}/Dockerfile"] = DOCKERFILE
        files[f"{service}/app.py"] = good()
    return files
