"""Processes started in order, kept up, and ended together."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from stocksense.embedded.processes import is_alive, wait_until
from stocksense.embedded.supervisor import Child, Supervisor, port_is_free

ROOT = Path(__file__).resolve().parents[3]
FOREVER = "import time\nwhile True: time.sleep(1)"


def python(code: str) -> list[str]:
    return [sys.executable, "-u", "-S", "-c", code]


def writes_pid(folder: Path, name: str, then: str = FOREVER) -> list[str]:
    return python(f"import os\nopen({str(folder / name)!r}, 'a').write(f'{{os.getpid()}}\\n')\n{then}")


def pids(folder: Path, *names: str) -> list[int]:
    return [int(line) for name in names if (folder / name).exists() for line in (folder / name).read_text().split()]


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervise(said) -> Callable[..., int]:
    def run(*children: Child, **options: object) -> int:
        settings: dict[str, object] = {"say": said.append, "first_backoff": 0.05, "grace_seconds": 5.0, **options}
        return Supervisor(children, **settings).run()  # type: ignore[arg-type]

    return run


def test_children_start_in_order_and_end_in_reverse(supervise, tmp_path):
    trap = "import signal, sys\ndef bye(*_):\n  open({log!r}, 'a').write('{name} ended\\n'); sys.exit()\n" + (
        "signal.signal(signal.SIGTERM, bye)\nopen({log!r}, 'a').write('{name} started\\n')\n" + FOREVER
    )
    log = tmp_path / "log"

    def child(name: str) -> Child:
        ready = lambda: log.exists() and f"{name} started" in log.read_text()  # noqa: E731
        return Child(name, python(trap.format(log=str(log), name=name)), ready=ready)

    assert supervise(child("first"), child("second"), on_ready=interrupt) == 0
    assert log.read_text().split("\n")[:-1] == ["first started", "second started", "second ended", "first ended"]


def test_lines_carry_the_name_of_their_child(supervise, said):
    done = supervise(
        Child("web", python("import os; print('hello', os.environ['WORD'])"), env={"WORD": "you"}, restart=False),
        Child("worker", python(FOREVER)),
    )
    assert done == 0
    assert said[0] == "web    | hello you"


def test_lines_go_to_files_when_a_folder_is_given(supervise, said, tmp_path):
    supervise(Child("web", python("print('hello')"), restart=False), logs=tmp_path / "logs")
    assert (tmp_path / "logs" / "web.log").read_text() == "hello\n"
    assert said == [f"web ended (exit code 0). Its log: {tmp_path / 'logs' / 'web.log'}"]


def test_the_end_of_a_child_without_restart_ends_all_with_its_code(supervise, tmp_path):
    done = supervise(
        Child("worker", writes_pid(tmp_path, "worker")), Child("web", python("raise SystemExit(7)"), restart=False)
    )
    assert done == 7
    assert not any(is_alive(pid) for pid in pids(tmp_path, "worker"))


def test_a_crashed_child_is_started_again(supervise, said, tmp_path):
    crash = "import sys, time\nif len(open({file!r}).readlines()) < 3: sys.exit(3)\n" + FOREVER
    file = tmp_path / "worker"
    ready = lambda: len(pids(tmp_path, "worker")) == 3  # noqa: E731
    worker = Child("worker", writes_pid(tmp_path, "worker", crash.format(file=str(file))), ready=ready)
    assert supervise(worker, on_ready=interrupt) == 0
    assert said == [
        "worker ended (exit code 3); starting it again in 0.05 s",
        "worker ended (exit code 3); starting it again in 0.1 s",
    ]


def test_a_child_that_keeps_failing_is_given_up_with_its_last_words(supervise, said):
    worker = Child("worker", python("import sys; sys.exit('no database')"))
    assert supervise(Child("idle", python(FOREVER)), worker, failures_allowed=3) == 1
    assert said[-1] == "worker failed 3 times (exit code 1); giving up. It said last:\n  no database"


def test_a_child_that_does_not_get_ready_is_given_up(supervise, said):
    assert supervise(Child("web", python(FOREVER), ready=lambda: False, ready_seconds=0.3)) == 1
    assert said == ["web is not ready after 0 seconds."]


def test_a_missing_program_is_said(supervise, said, tmp_path):
    assert supervise(Child("web", [str(tmp_path / "absent")])) == 1
    assert said[0].startswith("web cannot be started: [Errno 2] No such file")


def test_a_child_deaf_to_term_is_killed_after_the_grace_period(supervise, tmp_path):
    deaf = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nopen({file!r}, 'w').write('deaf')\n" + FOREVER
    file = tmp_path / "deaf"
    child = Child("deaf", writes_pid(tmp_path, "pid", deaf.format(file=str(file))), ready=file.exists)
    began = time.monotonic()
    assert supervise(child, on_ready=interrupt, grace_seconds=0.3) == 0
    assert time.monotonic() - began < 3
    assert not is_alive(pids(tmp_path, "pid")[0])


def test_grandchildren_are_ended_too(supervise, tmp_path):
    parent = f"import subprocess\nsubprocess.Popen({writes_pid(tmp_path, 'grandchild')!r})\n" + FOREVER
    child = Child("parent", python(parent), ready=lambda: bool(pids(tmp_path, "grandchild")))
    assert supervise(child, on_ready=interrupt) == 0
    assert wait_until(lambda: not is_alive(pids(tmp_path, "grandchild")[0]), timeout=2)


def test_nothing_outlives_a_killed_supervisor(tmp_path):
    deaf = f"import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n{FOREVER}"
    parent = f"import subprocess\nsubprocess.Popen({writes_pid(tmp_path, 'grandchild', deaf)!r})\n{deaf}"
    commands = [writes_pid(tmp_path, "child", parent), writes_pid(tmp_path, "plain")]
    code = (
        "from stocksense.embedded.supervisor import Child, Supervisor\n"
        f"children = [Child(str(number), command) for number, command in enumerate({commands!r})]\n"
        "Supervisor(children, grace_seconds=0.5).run()"
    )
    supervisor = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    names = ("child", "grandchild", "plain")
    assert wait_until(lambda: len(pids(tmp_path, *names)) == 3, timeout=10)
    started = pids(tmp_path, *names)
    supervisor.kill()
    supervisor.wait()
    assert wait_until(lambda: not any(is_alive(pid) for pid in started), timeout=5)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_all_with_code_0(tmp_path, number):
    code = (
        "from stocksense.embedded.supervisor import Child, Supervisor\n"
        f"raise SystemExit(Supervisor([Child('one', {writes_pid(tmp_path, 'one')!r})]).run())"
    )
    supervisor = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    assert wait_until(lambda: len(pids(tmp_path, "one")) == 1, timeout=10)
    supervisor.send_signal(number)
    assert supervisor.wait(timeout=10) == 0
    assert not is_alive(pids(tmp_path, "one")[0])


def test_a_taken_port_is_not_free():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        listener.listen()
        assert not port_is_free("127.0.0.1", port)
        assert not port_is_free("0.0.0.0", port)  # noqa: S104
    assert port_is_free("127.0.0.1", port)
    assert not port_is_free("127.0.0.1", 70_000)
