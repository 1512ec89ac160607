"""The addresses as given work in every client that will use them."""

import asyncio
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis
from channels_redis.core import RedisChannelLayer
from kombu import Connection

from stocksense import embedded

ROOT = Path(__file__).resolve().parents[3]

DJANGO = """
import sys, environ
from pathlib import Path
from django.conf import settings
from stocksense import embedded
urls = embedded.endpoints(Path(sys.argv[1]))
parse = environ.Env.db_url_config
settings.configure(
    DATABASES={"default": parse(urls.database_url), "owner": parse(urls.database_owner_url)},
    CACHES={"default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": urls.redis_url}},
)
import django; django.setup()
from django.core.cache import cache
from django.db import connections
for alias in ("default", "owner"):
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT current_user")
        print(cursor.fetchone()[0])
creation = connections["owner"].creation
creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
with connections["owner"].cursor() as cursor:
    cursor.execute("SELECT current_database()")
    print(cursor.fetchone()[0])
creation.destroy_test_db("stocksense", verbosity=0)
cache.set("word", "yes"); print(cache.get("word"))
"""


@pytest.fixture
def urls(data_dir: Path) -> embedded.Endpoints:
    return embedded.ensure_running(data_dir, durable=False)


def test_psycopg(urls):
    with psycopg.connect(urls.database_url) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("stocksense",)


@pytest.mark.usefixtures("urls")
def test_django_by_django_environ_and_django_redis(data_dir):
    done = subprocess.run(
        [sys.executable, "-c", DJANGO, str(data_dir)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.stdout.split() == ["stocksense_web", "stocksense_owner", "test_stocksense", "yes"]


def test_redis(urls):
    assert redis.Redis.from_url(urls.redis_url).ping() is True


def test_channels(urls):
    async def there_and_back() -> dict[str, str]:
        layer = RedisChannelLayer(hosts=[urls.redis_url])
        await layer.send("somewhere", {"type": "hello"})
        message: dict[str, str] = await layer.receive("somewhere")
        await layer.flush()
        return message

    assert asyncio.run(there_and_back()) == {"type": "hello"}


def test_celery(urls):
    assert urls.celery_broker_url.startswith("redis+socket:///")
    with Connection(urls.celery_broker_url) as connection:
        queue = connection.SimpleQueue("work")
        queue.put({"id": 7})
        assert queue.get(timeout=5).payload == {"id": 7}
