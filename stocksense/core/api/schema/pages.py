"""The API's pages: its description, Swagger UI to try it, ReDoc to read it, and what each error means.

Open to everybody: they say how to ask, and nothing of what is answered.
"""

from functools import cache
from pathlib import Path

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_replace, csp_update
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import condition, require_safe

from stocksense.core.api import etags
from stocksense.core.api.renderers import dump
from stocksense.core.api.schema import catalogue, generated

REDOC_PICTURE = b"https://cdn.redoc.ly/redoc/logo-mini.svg"
YAML, JSON = "application/vnd.oai.openapi", "application/vnd.oai.openapi+json"


def _wants_json(request: HttpRequest) -> bool:
    if asked := request.GET.get("format"):
        return asked == "json"
    return request.get_preferred_type([YAML, "application/yaml", JSON, "application/json"]) in {
        JSON,
        "application/json",
    }


@cache
def _bytes(json: bool) -> bytes:
    return dump(generated.document()) if json else generated.as_yaml().encode()


@cache
def _etag(json: bool) -> str:
    return etags.of(_bytes(json))


@require_safe
@cache_control(public=True, max_age=300)
@condition(etag_func=lambda request: _etag(_wants_json(request)))
def schema(request: HttpRequest) -> HttpResponse:
    """OpenAPI 3.1: YAML, or JSON where that is asked for by Accept or `?format=json`."""
    json = _wants_json(request)
    answer = HttpResponse(_bytes(json), content_type=f"{JSON if json else YAML}; charset=utf-8")
    answer["Vary"] = "Accept"
    return answer


@require_safe
@csp_update({"img-src": ["data:"]})
def docs(request: HttpRequest) -> HttpResponse:
    """Swagger UI. Its style sheet draws its signs from data addresses."""
    return render(request, "api/docs.html")


@require_safe
@csp_replace({"worker-src": ["blob:"]})
@csp_update({"img-src": ["data:"], "style-src": [UNSAFE_INLINE], "child-src": [SELF, "blob:"]})
def redoc(request: HttpRequest) -> HttpResponse:
    """ReDoc. It writes its styles into the page, which only this page allows; scripts stay our own files."""
    return render(request, "api/redoc.html")


@cache
def _redoc_script() -> bytes:
    """ReDoc as its package has it, without the picture that it would fetch from its maker's server."""
    found = finders.find("drf_spectacular_sidecar/redoc/bundles/redoc.standalone.js")
    return Path(str(found)).read_bytes().replace(REDOC_PICTURE, b"data:,")


@cache
def _redoc_etag() -> str:
    return etags.of(_redoc_script())


@require_safe
@gzip_page
@cache_control(public=True, max_age=86_400)
@condition(etag_func=lambda request: _redoc_etag())
def redoc_script(request: HttpRequest) -> HttpResponse:
    """The script of the page."""
    return HttpResponse(_redoc_script(), content_type="text/javascript; charset=utf-8")


@require_safe
def errors(request: HttpRequest) -> HttpResponse:
    """What each code of a problem means."""
    return render(request, "api/errors.html", {"entries": catalogue.entries()})
