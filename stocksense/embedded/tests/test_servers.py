"""Starting, asking and stopping, when nothing goes wrong."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
import redis

from stocksense import embedded
from stocksense.embedded import __main__ as command
from stocksense.embedded import postgres, processes
from stocksense.embedded.places import places

ROOT = Path(__file__).resolve().parents[3]


def run_command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "stocksense.embedded", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_endpoints_start_and_write_nothing(data_dir):
    first, again = embedded.endpoints(data_dir), embedded.endpoints(Path(f"{data_dir}/../data"))
    assert first == again
    assert not data_dir.exists()
    assert not places(data_dir).runtime.exists()


def test_two_folders_are_two_addresses(tmp_path):
    assert embedded.endpoints(tmp_path / "a").database_url != embedded.endpoints(tmp_path / "b").database_url


def test_roles_database_and_extension_are_there(data_dir, sql):
    embedded.ensure_running(data_dir, redis=False)
    assert sql.web("SELECT current_user") == "stocksense_web"
    assert sql.portal("SELECT current_user") == "stocksense_portal"
    assert sql.owner("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()") == (
        "stocksense_owner"
    )
    assert sql.owner("SELECT extname FROM pg_extension WHERE extname = 'vector'") == "vector"
    assert sql.owner("SHOW server_encoding") == "UTF8"
    assert sql.owner("SELECT datlocale FROM pg_database WHERE datname = current_database()") == "C.UTF-8"
    assert sql.owner("SELECT upper('é')") == "É"
    assert sql.owner("SHOW fsync") == "on"
    assert sql.owner("SHOW jit") == "off"
    rights = "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls FROM pg_roles WHERE rolname = '{}'"
    assert sql.owner(rights.format("stocksense_web")) is False
    assert sql.owner(rights.format("stocksense_portal")) is False


def test_only_the_owner_makes_tables(data_dir, sql):
    embedded.ensure_running(data_dir, redis=False)
    sql.owner("CREATE TABLE item (sku text)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        sql.web("CREATE TABLE other (sku text)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        sql.web("SELECT * FROM item")


def test_the_owner_can_create_databases_that_have_the_extension(data_dir, sql):
    embedded.ensure_running(data_dir, redis=False)
    sql.owner("CREATE DATABASE test_stocksense")
    url = embedded.endpoints(data_dir).database_owner_url.replace("/stocksense?", "/test_stocksense?")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE embedding (value vector(3))")


def test_nothing_listens_on_the_network(data_dir, sql):
    urls = embedded.ensure_running(data_dir)
    assert sql.owner("SHOW listen_addresses") == ""
    assert redis.Redis.from_url(urls.redis_url).config_get("port") == {"port": "0"}
    assert places(data_dir).runtime.stat().st_mode & 0o777 == 0o700


def test_servers_outlive_the_command_that_started_them_and_say_nothing(data_dir, sql, capfd):
    code = (
        f"from pathlib import Path; from stocksense import embedded; embedded.ensure_running(Path({str(data_dir)!r}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
    assert sql.web("SELECT 1") == 1
    embedded.ensure_running(data_dir)
    assert capfd.readouterr() == ("", "")


def test_a_call_when_all_runs_takes_less_than_50_ms(data_dir):
    embedded.ensure_running(data_dir)
    seconds = []
    for _ in range(5):
        began = time.perf_counter()
        embedded.ensure_running(data_dir)
        seconds.append(time.perf_counter() - began)
    assert min(seconds) < 0.05


def test_many_starters_at_once_start_one_server(data_dir):
    code = (
        f"from pathlib import Path; from stocksense import embedded; embedded.ensure_running(Path({str(data_dir)!r}))"
    )
    starters = [subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.PIPE) for _ in range(8)]
    assert [(starter.communicate()[1], starter.returncode) for starter in starters] == [(b"", 0)] * 8
    log = (data_dir / "logs" / "postgres.log").read_text()
    assert log.count("ready to accept connections") == 1
    assert (data_dir / "logs" / "valkey.log").read_text().count("Ready to accept connections") == 1


def test_data_is_kept_across_a_clean_stop(data_dir, sql):
    urls = embedded.ensure_running(data_dir)
    sql.owner("CREATE TABLE kept AS SELECT 42 AS answer")
    redis.Redis.from_url(urls.redis_url).set("kept", "42")
    embedded.stop(data_dir)
    assert "database system is shut down" in (data_dir / "logs" / "postgres.log").read_text()
    assert not processes.pids_working_in(data_dir / "postgres", postgres.program("postgres"))
    embedded.ensure_running(data_dir)
    assert "automatic recovery" not in (data_dir / "logs" / "postgres.log").read_text()
    assert sql.owner("SELECT answer FROM kept") == 42
    assert redis.Redis.from_url(urls.redis_url).get("kept") == b"42"


def test_stopping_what_does_not_run_is_no_error(data_dir):
    embedded.stop(data_dir)
    assert not data_dir.exists()
    embedded.ensure_running(data_dir, postgres=False)
    embedded.stop(data_dir)
    embedded.stop(data_dir)
    assert not embedded.status(data_dir).redis.running


def test_tests_may_trade_crash_safety_for_speed(data_dir, sql):
    urls = embedded.ensure_running(data_dir, durable=False)
    assert sql.owner("SHOW fsync") == "off"
    assert redis.Redis.from_url(urls.redis_url).config_get("appendonly") == {"appendonly": "no"}


def test_no_modes_change_outside_the_data_folder(open_dir):
    (open_dir / "between").mkdir(mode=0o750)
    ways = [Path("/"), Path("/tmp"), open_dir, open_dir / "between"]
    modes = [way.stat().st_mode for way in ways]
    try:
        embedded.ensure_running(open_dir / "between" / "data")
    finally:
        embedded.stop(open_dir / "between" / "data")
    assert [way.stat().st_mode for way in ways] == modes


def test_status_says_what_runs_where(data_dir):
    assert not embedded.status(data_dir).postgres.running
    embedded.ensure_running(data_dir, redis=False)
    now = embedded.status(data_dir)
    assert (now.postgres.running, now.redis.running) == (True, False)
    assert now.postgres.pid == int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0])


def test_the_command_starts_reports_and_stops(data_dir):
    assert run_command("status", "--data", str(data_dir)).returncode == 3
    started = run_command("start", "--data", str(data_dir))
    assert (started.returncode, started.stderr) == (0, "")
    assert started.stdout.count("running (process ") == 2
    assert run_command("status", "--data", str(data_dir)).stdout == started.stdout
    assert run_command("stop", "--data", str(data_dir)).stdout.count("stopped") == 2


def test_the_command_reports_trouble_in_a_sentence(tmp_path):
    (tmp_path / "file").touch()
    done = run_command("start", "--data", str(tmp_path / "file"))
    assert done.returncode == 1
    assert done.stderr == f"The data folder {tmp_path / 'file'} is a file. Move it away or set STOCKSENSE_DATA.\n"


def test_the_default_folder_is_beside_manage_py(monkeypatch):
    monkeypatch.delenv("STOCKSENSE_DATA", raising=False)
    assert command.default_data_dir() == ROOT / ".stocksense"
    monkeypatch.setenv("STOCKSENSE_DATA", "/srv/acme")
    assert command.default_data_dir() == Path("/srv/acme")


def test_django_is_not_imported():
    code = "import sys, stocksense.embedded; sys.exit(any(name in sys.modules for name in ('django', 'psycopg')))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_a_new_release_provisions_what_an_old_folder_lacks(data_dir, sql):
    embedded.ensure_running(data_dir, redis=False)
    sql.owner("SELECT 1")
    with psycopg.connect(
        embedded.endpoints(data_dir).database_url.replace("stocksense_web@/stocksense", "postgres@/postgres"),
        autocommit=True,
    ) as connection:
        connection.execute("DROP ROLE stocksense_portal")
    (data_dir / "provisioned").write_text("0\n")
    embedded.ensure_running(data_dir, redis=False)
    assert sql.portal("SELECT current_user") == "stocksense_portal"


def test_environment_of_the_caller_does_not_reach_the_servers(data_dir, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "hidden")
    embedded.ensure_running(data_dir, redis=False)
    pid = embedded.status(data_dir).postgres.pid
    assert b"SECRET_KEY" not in Path(f"/proc/{pid}/environ").read_bytes()
    assert os.environ["SECRET_KEY"] == "hidden"
