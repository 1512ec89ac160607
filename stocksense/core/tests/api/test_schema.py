"""The API's description: made from the code, held in a file, and kept from breaking programs."""

import copy
import inspect
import json

import pytest
from django.core.management import CommandError, call_command
from django.urls import get_resolver

from stocksense.core.api.batches import Batched
from stocksense.core.api.schema import breaking, catalogue, generated, parts
from stocksense.core.api.views import Detailed, Listed
from stocksense.core.api.writes import Changed, Created, Removed

LIST = "/api/v1/items"
SHARED_ACTIONS = [
    (Listed, "list"),
    (Detailed, "retrieve"),
    (Created, "create"),
    (Changed, "partial_update"),
    (Removed, "destroy"),
    (Batched, "batch"),
]


pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def document():
    return json.loads(json.dumps(generated.document(), default=str))


def test_the_file_says_what_the_code_does():
    assert generated.FILE.read_text() == generated.as_yaml(), "run: manage.py api_schema"


def test_it_is_openapi(document):
    from drf_spectacular.validation import validate_schema

    validate_schema(document)
    assert document["openapi"].startswith("3.1")


def test_every_route_of_the_api_is_described(document):
    routes = set()
    for pattern in get_resolver("stocksense.api_v1").url_patterns:
        view = getattr(pattern.callback, "actions", None)
        routes |= {(action, pattern.name) for action in (view or {}).values()}
    described = {
        operation["operationId"] for operations in document["paths"].values() for operation in operations.values()
    }
    named = {f"{name.rpartition('-')[0] if action in STANDARD else name}" for action, name in routes if name}
    assert routes
    assert len(described) >= len(named)
    for operations in document["paths"].values():
        for method, operation in operations.items():
            if "ItemPage" in str(operation):
                assert {"400", "401", "403", "429", "500", "503"} <= set(operation["responses"])
            assert method in breaking.METHODS


STANDARD = {"list", "retrieve", "create", "partial_update", "destroy", "batch"}


def test_an_operation_says_its_conventions(document):
    listed = document["paths"][LIST]["get"]
    parameters = {one["name"]: one for one in listed["parameters"]}
    assert {"sku", "sku__in", "status", "search", "ordering", "fields", "expand", "cursor", "page_size"} <= set(
        parameters
    )
    assert parameters["expand"]["schema"]["items"]["enum"] == ["category"]
    assert parameters["page_size"]["schema"]["maximum"] == 1000
    assert {"200", "304", "400"} <= set(listed["responses"])
    changed = document["paths"][f"{LIST}/{{id}}"]["patch"]
    assert {one["name"]: one["required"] for one in changed["parameters"] if one["in"] == "header"} == {
        "If-Match": True
    }
    assert {"412", "428", "409", "415"} <= set(changed["responses"])
    made = document["paths"][LIST]["post"]
    assert "Idempotency-Key" in {one["name"] for one in made["parameters"]}
    body = made["requestBody"]["content"]
    assert set(body) == {"application/json"}
    schema = document["components"]["schemas"][body["application/json"]["schema"]["$ref"].rpartition("/")[2]]
    assert schema["additionalProperties"] is False
    assert {tuple(one) for one in listed["security"]} == {(name,) for name in parts.SECURITY}


def item_list(document):
    return document["paths"][LIST]["get"]


def drop_path(document):
    del document["paths"][LIST]


def drop_filter(document):
    listed = item_list(document)
    listed["parameters"] = [one for one in listed["parameters"] if one["name"] != "sku"]


def drop_field(document):
    del document["components"]["schemas"]["Item"]["properties"]["sku"]


def drop_choice(document):
    parameter = next(one for one in item_list(document)["parameters"] if one["name"] == "ordering")
    parameter["schema"]["items"]["enum"].remove("sku")


def require_parameter(document):
    item_list(document)["parameters"][0]["required"] = True


def require_field(document):
    document["components"]["schemas"]["ItemInputRequest"].setdefault("required", []).append("name")


def narrow_type(document):
    document["components"]["schemas"]["ItemInputRequest"]["properties"]["name"]["maxLength"] = 3


def widen_answer(document):
    document["components"]["schemas"]["Item"]["properties"]["sku"]["type"] = ["string", "null"]


def other_status(document):
    responses = document["paths"][LIST]["post"]["responses"]
    responses["202"] = responses.pop("201")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (drop_path, "GET /api/v1/items is gone"),
        (drop_filter, "GET /api/v1/items: query parameter sku is gone"),
        (drop_field, ".sku is gone"),
        (drop_choice, "query parameter ordering no longer takes sku"),
        (require_parameter, "is required now"),
        (require_field, "POST /api/v1/items: body.name is required now"),
        (narrow_type, "POST /api/v1/items: body.name has a narrower maxLength"),
        (widen_answer, ".sku may be null now"),
        (other_status, "POST /api/v1/items: no longer answers 201"),
    ],
)
def test_a_change_that_breaks_programs_is_named(document, change, sentence):
    changed = copy.deepcopy(document)
    change(changed)
    assert any(sentence in found for found in breaking.changes(document, changed))


def test_what_is_new_and_optional_breaks_nobody(document):
    changed = copy.deepcopy(document)
    changed["paths"]["/api/v1/new"] = changed["paths"][LIST]
    item_list(changed)["parameters"].append({"in": "query", "name": "new", "schema": {"type": "string"}})
    changed["components"]["schemas"]["Item"]["properties"]["new"] = {"type": "string"}
    changed["components"]["schemas"]["ItemInputRequest"]["properties"]["new"] = {"type": "string"}
    assert breaking.changes(document, changed) == []
    assert breaking.changes({}, document) == []


def test_the_command_refuses_to_break_programs_unless_told(document, tmp_path, monkeypatch, capsys):
    file = tmp_path / "openapi.yaml"
    monkeypatch.setattr(generated, "FILE", file)
    with pytest.raises(CommandError, match=r"manage\.py api_schema"):
        call_command("api_schema", "--check")
    call_command("api_schema")
    call_command("api_schema", "--check")
    older = copy.deepcopy(document)
    older["paths"]["/api/v1/gone"] = older["paths"][LIST]
    file.write_text(json.dumps(older))
    with pytest.raises(CommandError, match="--breaking"):
        call_command("api_schema")
    assert generated.committed() == older
    call_command("api_schema", "--breaking")
    assert file.read_text() == generated.as_yaml()


def test_served_in_both_forms_and_cheap_to_ask_again(client):
    answer = client.get("/api/schema/")
    assert answer.content.decode() == generated.as_yaml()
    assert client.get("/api/schema/?format=json").json()["info"]["title"] == "StockSense"
    assert client.get("/api/schema/", headers={"Accept": "application/json"}).json()["openapi"].startswith("3.1")
    assert client.get("/api/schema/", headers={"If-None-Match": answer["ETag"]}).status_code == 304


def test_the_usual_operations_are_named_after_their_resource(document):
    said = {
        operation["operationId"]: operation["summary"]
        for operations in document["paths"].values()
        for operation in operations.values()
    }
    assert said["items_list"] == "List items."
    assert said["categories_retrieve"] == "Read one category."
    assert said["supplier_terms_create"] == "Create one supplier term."
    assert said["items_batch"] == "Create, change or remove up to 1,000 items."
    assert said["forecast_overrides_batch"] == "Create or change up to 1,000 forecast overrides."
    assert said["demand_list"] == "List demand."
    assert said["company_partial_update"] == "Change the company's settings."
    assert said["planned_orders_approve"] == "Order a proposal: it becomes a line of a draft."
    lists = [name for name in said if name.endswith("_list")]
    assert len({said[name] for name in lists}) == len(lists) > 40


def test_operations_say_once_what_they_do_and_leave_it_to_no_shared_base(document):
    said = [one for operations in document["paths"].values() for one in operations.values()]
    assert len({one["summary"] for one in said}) == len(said) > 200
    for one in said:
        assert one["summary"].endswith(".")
        assert one["summary"] not in one["description"]
    shared = {inspect.getdoc(getattr(base, action)) for base, action in SHARED_ACTIONS}
    assert not [one["operationId"] for one in said if any(text in one["description"] for text in shared)]
    by_id = {one["operationId"]: one["description"] for one in said}
    assert by_id["items_list"] == "What the company buys, stores or sells."
    assert by_id["items_destroy"] == "409 while anything refers to the item.\n\n" + by_id["items_list"]
    assert by_id["lanes_destroy"] == by_id["lanes_list"]
    assert by_id["purchase_orders_close"].startswith("Nothing more is expected of it.\n\nPurchase orders.")


def test_redoc_fetches_nothing_from_elsewhere(client):
    page = client.get("/redoc").content.decode()
    assert 'src="/redoc.js"' in page
    answer = client.get("/redoc.js")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/javascript; charset=utf-8")
    assert b"cdn.redoc.ly" not in answer.content
    assert len(answer.content) > 1_000_000
    assert client.get("/redoc.js", headers={"If-None-Match": answer["ETag"]}).status_code == 304


@pytest.mark.parametrize("address", ["/docs", "/redoc", "/docs/errors"])
def test_pages_have_nothing_inline_and_nothing_from_elsewhere(client, address):
    answer = client.get(address)
    page = answer.content.decode()
    assert "<style" not in page
    assert "https://" not in page
    assert all("src=" in tag.split(">")[0] for tag in page.split("<script")[1:])
    policy = dict(part.strip().partition(" ")[::2] for part in answer["Content-Security-Policy"].split(";"))
    assert policy["script-src"] == "'self'"
    assert ("'unsafe-inline'" in policy["style-src"]) == (address == "/redoc")
    assert policy["worker-src"] == ("blob:" if address == "/redoc" else "'none'")


def test_every_code_is_explained(client):
    page = client.get("/docs/errors").content.decode()
    codes = {entry.code for entry in catalogue.entries()}
    assert codes >= {"invalid", "not_found", "precondition_failed", "idempotency_key_reused", "fault", "already_there"}
    assert all(f'id="{code}"' in page for code in codes)
