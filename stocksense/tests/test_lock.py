"""The locked requirements install from wheels on every Python we name, and record no package index."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = [ROOT / "requirements" / "production.txt", ROOT / "requirements" / "development.txt"]
OFFLINE = ("error sending request", "dns error", "Connection refused", "timed out", "network was disabled")


def pinned(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)(?:\[[^\]]+\])?==([^ ;\\]+)", lock.read_text(), flags=re.MULTILINE))


def supported_pythons() -> list[str]:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    oldest, end = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", declared).groups()
    return [f"3.{minor}" for minor in range(int(oldest), int(end))]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_a_lock_names_no_index_and_no_address(lock):
    assert not re.search(r"https?:|file:|index-url|find-links|trusted-host| @ ", lock.read_text())


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_every_locked_package_has_a_hash(lock):
    entries = re.split(r"^(?=[a-z0-9])", lock.read_text(), flags=re.MULTILINE)[1:]
    assert entries
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_development_adds_to_production_and_changes_nothing():
    production, development = (pinned(lock) for lock in LOCKS)
    assert {name: development.get(name) for name in production} == production


def test_make_supports_the_pythons_that_the_project_declares():
    makefile = (ROOT / "Makefile").read_text()
    assert re.findall(r"^(?:OLDEST|NEWEST)_PYTHON := (.+)$", makefile, flags=re.MULTILINE) == [
        supported_pythons()[0],
        supported_pythons()[-1],
    ]


@pytest.mark.parametrize("python", supported_pythons())
def test_every_locked_package_has_a_wheel(python, tmp_path):
    uv = shutil.which("uv")
    if uv is None or subprocess.run([uv, "--version"], check=False, capture_output=True).returncode != 0:
        pytest.skip("uv is not installed")
    done = subprocess.run(
        [uv, "pip", "install", "--dry-run", "--quiet", "--only-binary", ":all:", "--python-version", python,
         "--python-platform", "x86_64-manylinux_2_28", "--target", tmp_path / "target", "--require-hashes",
         "-r", ROOT / "requirements" / "development.txt"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0 and any(sign in done.stderr for sign in OFFLINE):
        pytest.skip("the package index cannot be reached")
    assert (done.returncode, done.stderr) == (0, "")
