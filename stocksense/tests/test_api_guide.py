"""The examples of docs/guides/api.md, run in their order against a live server; what they print is what the page shows.

With UPDATE_GUIDE=1 the page is given what they print.
"""

import contextlib
import io
import os
import pprint
import re
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value

from stocksense.accounts.roles import Role
from stocksense.testing.browser import socket_server
from stocksense.tests import sockets
from stocksense.tests.small_company import import_and_plan, person_of

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guides" / "api.md"
EXAMPLE = re.compile(r"```python\n(?P<code>.*?)```\n(?:\n```text\n(?P<shown>.*?)```\n)?", re.DOTALL)
ADDRESS = "stocksense.example"
DIFFERS = [
    (re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+"), "eyJ…"),
    (re.compile(r"ssk_[\w-]+"), "ssk_…"),
    (re.compile(r"(?<='challenge': ')[^']+"), "…"),
    (re.compile(r"(?<='request_id': ')[0-9a-f]+"), "…"),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)"), "…"),
    (re.compile(r"(?<=id': )'?\d+'?"), "…"),
]
__all__ = ["socket_server"]


def printed(*values) -> None:
    """Bodies as people read them: one field a line where they are long."""
    text = [pprint.pformat(one, width=110, sort_dicts=False) if isinstance(one, dict) else str(one) for one in values]
    sys.stdout.write(" ".join(text) + "\n")


def same_each_time(text: str) -> str:
    """The text without what differs from run to run."""
    for pattern, instead in DIFFERS:
        text = pattern.sub(instead, text)
    return "".join(f"{line.rstrip()}\n" for line in text.rstrip().splitlines())


@pytest.fixture
def names(monkeypatch):
    """What the reader brings: an app that makes codes, and the library for WebSockets."""
    person_of(Role.APPROVER, email="ana@pierseven.example")
    secret = generate_totp_secret()
    TOTP.activate(person_of(Role.ADMIN, email="noor@pierseven.example"), secret)
    library = ModuleType("websockets.sync.client")
    library.connect = sockets.connect
    for name in ("websockets", "websockets.sync"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, "websockets.sync.client", library)

    def code_of_the_app() -> str:
        if time.time() % 30 > 25:  # a code that is about to change is waited out
            time.sleep(5.5)
        return format_hotp_value(hotp_value(secret, int(time.time()) // 30))

    return {"code_of_the_app": code_of_the_app, "print": printed}


@pytest.mark.django_db(transaction=True)
def test_every_example_does_what_the_guide_says(socket_server, names):
    import_and_plan()
    text = GUIDE.read_text()
    place = socket_server.removeprefix("http://")
    updated = text
    for found in EXAMPLE.finditer(text):
        code = found["code"].replace(f"https://{ADDRESS}", f"http://{place}").replace(ADDRESS, place)
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(code, f"the example that begins {found['code'][:50]!r}", "exec"), names)  # noqa: S102
        got = same_each_time(out.getvalue().replace(place, ADDRESS).replace(f"http://{ADDRESS}", f"https://{ADDRESS}"))
        if os.environ.get("UPDATE_GUIDE"):
            answer = f"\n```text\n{got}```\n" if got else ""
            updated = updated.replace(found[0], f"```python\n{found['code']}```\n{answer}")
        else:
            assert got == (found["shown"] or ""), found["code"]
    if os.environ.get("UPDATE_GUIDE"):
        GUIDE.write_text(updated)


def test_the_guide_has_no_example_that_is_not_run():
    kinds = set(re.findall(r"^```(\w*)", GUIDE.read_text(), re.MULTILINE))
    assert kinds <= {"python", "text", ""}
