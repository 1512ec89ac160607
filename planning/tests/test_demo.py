"""The demo touches nobody else's company, and commands say what to do instead of failing with a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from inventory.models import Item
from planning.services import demo
from stocksense import embedded
from stocksense.accounts.models import User
from stocksense.core.errors import Conflict

MANAGE = Path(__file__).resolve().parents[2] / "manage.py"


def manage(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    settings = {"STOCKSENSE_DATA": str(folder), "DJANGO_SETTINGS_MODULE": "stocksense.settings.local", **environment}
    command = [sys.executable, str(MANAGE), *arguments]
    return subprocess.run(command, env={**os.environ, **settings}, capture_output=True, text=True, check=False)


@pytest.mark.django_db
def test_the_demo_refuses_a_database_with_another_company(tmp_path):
    demo.require_demo_or_empty(tmp_path)
    Item.objects.create(sku="TEA")
    with pytest.raises(Conflict, match="holds My company, not the demo company"):
        demo.require_demo_or_empty(tmp_path)
    assert not User.objects.exists()


@pytest.mark.django_db
def test_the_demos_people_keep_their_passwords(tmp_path):
    first = demo.ensure_people(tmp_path)
    assert demo.ensure_people(tmp_path) == first
    assert {login.email: login.role for login in first}["planner@demo.example"] == "planner"
    assert (tmp_path / demo.LOGINS).stat().st_mode & 0o777 == 0o600
    for login in first:
        assert User.objects.get(email=login.email).check_password(login.password)
    demo.require_demo_or_empty(tmp_path)


def test_a_reset_throws_away_the_demo_only(tmp_path, settings):
    settings.DATA_FOLDER = tmp_path
    kept = tmp_path / "postgres" / "base"
    kept.mkdir(parents=True)
    with pytest.raises(CommandError, match="does not hold the demo company, so nothing was thrown away"):
        call_command("demo", reset=True, no_serve=True)
    assert kept.exists()


@pytest.mark.parametrize(
    ("port", "message"),
    [("abc", "invalid int value: 'abc'"), ("80000", "Port 80000 does not exist: choose one from 1024 to 65535")],
)
def test_a_port_that_cannot_be_is_named(tmp_path, port, message):
    answer = manage(tmp_path / "data", "serve", PORT=port)
    assert answer.returncode != 0
    assert message in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize("command", ["demo", "serve", "plan"])
def test_a_data_folder_that_is_a_file_is_named(tmp_path, command):
    (tmp_path / "data").write_text("not a folder")
    answer = manage(tmp_path / "data", command)
    assert answer.stderr.strip() == (
        f"The data folder {tmp_path / 'data'} is a file. Move it away or set STOCKSENSE_DATA."
    )


def test_a_database_without_tables_leads_to_migrate(tmp_path):
    folder = tmp_path / "data"
    try:
        for command in ("plan", "serve"):
            answer = manage(folder, command)
            assert answer.stderr.strip().endswith(
                "The database lacks tables that this version needs. Run: manage.py migrate"
            )
            assert "Traceback" not in answer.stderr
    finally:
        embedded.stop(folder)
