"""A web process stays small: what only workers need is not loaded with the pages."""

import os
import subprocess
import sys

HEAVY = (
    "pandas",
    "polars",
    "python_calamine",
    "statsforecast",
    "scipy",
    "lightgbm",
    "distributed",
    "dask",
    "pulp",
    "langchain",
    "fido2",
    "qrcode",
)

LOADED = """
import sys
import django
django.setup()
import stocksense.urls
from django.urls import get_resolver
get_resolver().url_patterns
print(*(name for name in sys.argv[1:] if name in sys.modules))
"""
WORKER = """
import sys
from stocksense.celery import app
from celery.signals import worker_init
app.loader.import_default_modules()
worker_init.send(sender=None)
print(*(name for name in sys.argv[1:] if name in sys.modules))
"""


def loaded(program: str, *names: str) -> list[str]:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "stocksense.settings.test"}
    command = [sys.executable, "-c", program, *names]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.split()


def test_the_pages_load_no_heavy_library():
    assert loaded(LOADED, *HEAVY) == []


def test_a_worker_has_what_forecasts_need_before_its_first_forecast():
    assert loaded(WORKER, "statsforecast.models", "lightgbm") == ["statsforecast.models", "lightgbm"]
