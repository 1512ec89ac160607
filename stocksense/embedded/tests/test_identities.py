"""As root in a user namespace, as root without one, and as a normal user."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from stocksense import embedded
from stocksense.embedded import EmbeddedError, processes
from stocksense.embedded.places import NOBODY, places

ROOT = Path(__file__).resolve().parents[3]

AS_NORMAL_USER = """
import os, sys, psycopg, redis, importlib.util, subprocess, shutil, struct
from pathlib import Path
from stocksense import embedded
from stocksense.embedded import postgres
redis.Redis.from_url("unix:///nowhere")  # imports what it needs while Python's own files can be read
os.setgroups([]); os.setgid(65534); os.setuid(65534)
data = Path(sys.argv[1])
urls = embedded.ensure_running(data)
try:
    with psycopg.connect(urls.database_url) as connection:
        print(connection.execute("SELECT current_user").fetchone()[0])
    print(os.stat(f"/proc/{embedded.status(data).postgres.pid}").st_uid, os.stat(data / "postgres").st_uid)
    os.kill(embedded.status(data).postgres.pid, 9)
    embedded.ensure_running(data)
    print(redis.Redis.from_url(urls.redis_url).ping())
finally:
    embedded.stop(data)
print(embedded.status(data).postgres.running)
"""


def can_reach(path: str, uid: int) -> bool:
    return subprocess.run(["test", "-x", path], user=uid, group=uid, extra_groups=[], check=False).returncode == 0


@pytest.mark.usefixtures("as_root")
def test_a_normal_user_runs_the_servers(open_dir):
    if not can_reach(sys.prefix + "/lib", NOBODY):
        pytest.skip(f"a normal user cannot read {sys.prefix}")
    os.chown(open_dir, NOBODY, NOBODY)
    done = subprocess.run(
        [sys.executable, "-c", AS_NORMAL_USER, str(open_dir / "data")],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    assert done.stdout.split() == ["stocksense_web", "65534", "65534", "True", "False"]


@pytest.mark.usefixtures("as_root")
def test_root_keeps_its_files_and_makes_no_users(data_dir):
    accounts = Path("/etc/passwd").read_bytes()
    embedded.ensure_running(data_dir)
    assert {(data_dir / name).stat().st_uid for name in ("postgres", "valkey", "logs")} == {0}
    assert Path("/etc/passwd").read_bytes() == accounts


@pytest.mark.usefixtures("as_root")
def test_root_without_user_namespaces_uses_nobody(open_dir, monkeypatch):
    if not can_reach(sys.prefix + "/lib", NOBODY):
        pytest.skip(f"the user nobody cannot read {sys.prefix}")
    broken = processes.Identity("a user namespace", ("/bin/false",))
    monkeypatch.setattr(processes, "candidates", lambda: (broken, processes.NOBODY_USER))
    data = open_dir / "data"
    urls = embedded.ensure_running(data)
    try:
        assert (data / "postgres").stat().st_uid == NOBODY
        assert places(data).runtime.stat().st_mode & 0o777 == 0o700
        with psycopg.connect(urls.database_owner_url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        embedded.stop(data)
        monkeypatch.undo()  # namespaces work again: the same folder goes back to root
        embedded.ensure_running(data)
        assert (data / "postgres").stat().st_uid == 0
        with psycopg.connect(urls.database_owner_url) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    finally:
        embedded.stop(data)


@pytest.mark.usefixtures("as_root")
def test_root_without_any_way_is_told_what_to_do(data_dir, monkeypatch):
    broken = processes.Identity("a user namespace", ("/bin/false",))
    monkeypatch.setattr(processes, "candidates", lambda: (broken, processes.NOBODY_USER))
    data_dir.mkdir(mode=0o700)
    with pytest.raises(EmbeddedError, match=r"does not run as root.*Run this as a normal user, or set DATABASE_URL"):
        embedded.ensure_running(data_dir)
