"""Scripts of Redis: each answer belongs to its own question, whatever happened to the one before."""

import os

import pytest
from django.conf import settings

from stocksense.core import redis

pytestmark = pytest.mark.usefixtures("embedded_servers")
ECHO = "return ARGV[1]"


def echo(word: str) -> bytes:
    return redis.run(ECHO, keys=[], arguments=[word])


def own_connection():
    return redis._connection(redis._client(settings.REDIS_URL))


def test_an_answer_that_nobody_waited_for_is_not_the_next_one_s(monkeypatch):
    assert echo("first") == b"first"
    connection = own_connection()

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(connection, "read_response", interrupted)
        with pytest.raises(KeyboardInterrupt):
            echo("given up")
    assert echo("second") == b"second"


def test_a_connection_that_the_server_closed_is_made_anew():
    assert echo("before") == b"before"
    redis.guarded(lambda client: client.client_kill_filter(_type="normal", skipme=True))
    assert echo("after") == b"after"


def test_a_script_that_the_server_forgot_is_sent_again():
    assert echo("before") == b"before"
    redis.guarded(lambda client: client.script_flush())
    assert echo("after") == b"after"


def test_a_script_that_fails_says_so_and_leaves_the_connection_usable():
    with pytest.raises(redis.UNREACHABLE, match="no such thing"):
        redis.run("return redis.error_reply('no such thing')", keys=[], arguments=[])
    redis._down_until.clear()
    assert echo("after") == b"after"


def test_a_child_of_fork_has_a_connection_of_its_own():
    parent = own_connection()
    reader, writer = os.pipe()
    if (child := os.fork()) == 0:
        os.write(writer, b"same" if own_connection() is parent else b"other")
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 5) == b"other"
