"""What a person sees when there is nothing to see."""

import json

from django.db import OperationalError
from django.template.loader import render_to_string
from psycopg.errors import LockNotAvailable

from stocksense.core.api import outside


def test_an_unknown_address_leads_back_to_the_start(client, db):
    answer = client.get("/nowhere/")
    assert answer.status_code == 404
    page = answer.content.decode()
    assert "There is no page at this address." in page
    assert '<a href="/">Go to the start page</a>' in page


def test_the_page_of_a_failure_needs_no_request():
    assert "This request changed nothing." in render_to_string("500.html")


def answer_to(error: Exception, rf, **headers):
    try:
        raise error
    except type(error):
        return outside.server_error(rf.post("/admin/planning/approve/", headers=headers))


def held_up() -> OperationalError:
    error = OperationalError("canceling statement due to lock timeout")
    error.__cause__ = LockNotAvailable()
    return error


def test_what_is_held_up_is_told_from_what_is_broken(rf):
    busy = answer_to(held_up(), rf)
    assert (busy.status_code, busy["Retry-After"]) == (503, "1")
    assert "Others are changing the same rows. Nothing was done" in busy.content.decode()
    assert "canceling" not in busy.content.decode()
    away = answer_to(OperationalError("host db.internal is down"), rf)
    assert away.status_code == 503
    assert "The database cannot be reached" in away.content.decode()
    assert "internal" not in away.content.decode()
    assert answer_to(RuntimeError("x"), rf).status_code == 500


def test_a_script_hears_of_it_in_its_own_form(rf):
    busy = answer_to(held_up(), rf, accept="application/json")
    assert busy.status_code == 503
    said = json.loads(busy.content)
    assert (said["code"], said["field"]) == ("busy", "")
    assert said["message"].startswith("Others are changing the same rows.")
