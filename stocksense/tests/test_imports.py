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


def test_the_pages_load_no_heavy_library():
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "stocksense.settings.test"}
    result = subprocess.run(
        [sys.executable, "-c", LOADED, *HEAVY], env=environment, capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == []
