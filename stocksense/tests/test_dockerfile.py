"""What the image copies exists, and what its roles run is installed."""

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
ENTRYPOINT = ROOT / "deploy" / "entrypoint.sh"
ROLES = {"web": "granian", "ws": "daphne", "worker": "celery", "beat": "celery", "migrate": "python"}


def role_command(role: str, *arguments: str) -> list[str]:
    shown = subprocess.run([ENTRYPOINT, "--print", role, *arguments], capture_output=True, text=True, check=True)
    return shlex.split(shown.stdout)


def copied() -> list[str]:
    lines = re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, flags=re.MULTILINE)
    return [source for line in lines for source in line.split()[:-1]]


def test_everything_copied_exists_and_is_in_the_build_context():
    assert [source for source in copied() if not (ROOT / source).exists()] == []
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert set(copied()) == allowed


def test_every_package_of_the_project_is_copied():
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"benchmarks"}
    assert packages <= set(copied())


def test_the_image_starts_through_the_entrypoint_as_an_unprivileged_user():
    assert 'ENTRYPOINT ["deploy/entrypoint.sh"]' in DOCKERFILE
    assert os.access(ENTRYPOINT, os.X_OK)
    last_stage = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.search(r"^USER stocksense$", last_stage, flags=re.MULTILINE)
    assert "HEALTHCHECK" in last_stage
    assert not re.search(r"apt-get|gcc|build-essential", last_stage)


@pytest.mark.parametrize(("role", "program"), ROLES.items())
def test_every_role_runs_an_installed_program(role, program):
    command = role_command(role)
    assert command[0] == program
    assert shutil.which(program, path=str(Path(sys.executable).parent))


@pytest.mark.parametrize("role", ["web", "ws"])
def test_applications_that_are_served_exist(role):
    module, _, name = role_command(role)[-1].partition(":")
    assert importlib.util.find_spec(module)
    assert name == "application"


@pytest.mark.parametrize("role", ["web", "ws", "worker", "beat"])
def test_options_are_ones_the_program_knows(role):
    command = role_command(role)
    until = command.index(role) + 1 if role in command else 1
    options = [word for word in command[until:] if word.startswith("--")]
    program = Path(sys.executable).parent / command[0]
    shown = subprocess.run([program, *command[1:until], "--help"], capture_output=True, text=True, check=True, cwd=ROOT)
    assert [option for option in options if option not in shown.stdout] == []


def test_workers_take_every_queue_that_tasks_are_sent_to():
    command = role_command("worker")
    served = set(command[command.index("--queues") + 1].split(","))
    routed = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
    assert routed | {settings.CELERY_TASK_DEFAULT_QUEUE} <= served


def test_arguments_are_passed_on():
    assert role_command("migrate", "--plan")[-1] == "--plan"


@pytest.mark.parametrize("arguments", [[], ["--print"], ["--print", "shell"]])
def test_an_unknown_role_is_refused_with_the_usage(arguments):
    done = subprocess.run([ENTRYPOINT, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 64
    assert done.stderr.startswith("usage: entrypoint.sh")


def test_files_are_collected_without_a_database(tmp_path):
    line = next(line for line in DOCKERFILE.splitlines() if "collectstatic" in line)
    values = dict(word.split("=", 1) for word in shlex.split(line.removeprefix("RUN")) if re.match(r"[A-Z_]+=", word))
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "stocksense.settings.production",
        "STATIC_ROOT": str(tmp_path / "static"),
        "STOCKSENSE_DATA": str(tmp_path / "data"),
        **values,
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "static" / "staticfiles.json").exists()
    assert not (tmp_path / "data").exists()


def test_the_container_is_healthy_when_its_pages_answer(tmp_path):
    script = f"""
import http.server, os, sys, threading
sys.path.insert(0, {str(ROOT / "deploy")!r})
import healthcheck
seen = []
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        seen.append((self.path, self.headers["Host"])); self.send_response(status); self.end_headers()
    def log_message(self, *words): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Page)
threading.Thread(target=server.serve_forever, daemon=True).start()
os.environ.update(PORT=str(server.server_port), ALLOWED_HOSTS="plan.example,other")
status = 200; results = [healthcheck.healthy("web")]
status = 503; results += [healthcheck.healthy("web"), healthcheck.healthy("ws")]
server.shutdown(); server.server_close()
results += [healthcheck.healthy("web"), healthcheck.healthy("ws"), healthcheck.healthy("beat")]
print(results, set(seen))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout == "[True, False, True, False, False, True] {('/healthz', 'plan.example')}\n"
