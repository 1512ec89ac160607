"""What a person sees when there is nothing to see."""

from django.template.loader import render_to_string


def test_an_unknown_address_leads_back_to_the_start(client, db):
    answer = client.get("/nowhere/")
    assert answer.status_code == 404
    page = answer.content.decode()
    assert "There is no page at this address." in page
    assert '<a href="/">Go to the start page</a>' in page


def test_the_page_of_a_failure_needs_no_request():
    assert "This request changed nothing." in render_to_string("500.html")
