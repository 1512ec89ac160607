"""Imports over REST: upload, preview, rejected rows, apply."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from inventory.models import Item
from stocksense.ingestion import uploads
from stocksense.ingestion.models import ImportBatch

pytestmark = pytest.mark.django_db
ITEMS = "sku,name,unit_cost\nA,Tea,2.5\nB,Coffee,4\n"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def send(api_client, django_capture_on_commit_callbacks):
    """POST with the jobs it starts carried out; keyword arguments become form fields."""

    def post(path, body=None, role="planner", **form):
        caller = api_client(role)
        with django_capture_on_commit_callbacks(execute=True):
            return caller._client.post(f"/api/v1/{path}", form) if form else caller.post(path, body)

    return post


def file(name="items.csv", text=ITEMS):
    return SimpleUploadedFile(name, text.encode())


def test_uploaded_previewed_and_applied(send, api_client):
    sent = send("imports", files=[file()])
    assert sent.status_code == 202, sent.content
    planner, path = api_client("planner"), f"imports/{sent.json()['id']}"
    assert planner.get(sent["Location"]).json()["state"] == "succeeded"
    previewed = planner.get(path).json()
    assert (previewed["state"], previewed["report"]["files"][0]["new"], Item.objects.count()) == ("previewed", 2, 0)
    assert "report" not in planner.rows("imports")[0]
    assert send(f"{path}/apply").status_code == 202
    assert planner.get(path).json()["state"] == "imported"
    assert sorted(Item.objects.values_list("sku", flat=True)) == ["A", "B"]
    assert send(f"{path}/apply").status_code == 409
    assert send(f"{path}/preview").status_code == 409


def test_rejected_rows_are_paged_and_downloaded(send, api_client):
    bad = "".join(f"X{number},Tea,cheap\n" for number in range(5))
    sent = send("imports", files=[file(text=ITEMS + bad)])
    planner, path = api_client("planner"), f"imports/{sent.json()['id']}"
    assert planner.get(path).json()["state"] == "refused"
    first = planner.get(f"{path}/rejects?kind=items&page_size=3").json()
    assert [row["line"] for row in first["results"]] == [4, 5, 6]
    assert (first["results"][0]["column"], first["results"][0]["row"]["sku"]) == ("unit_cost", "X0")
    rest = planner.get(first["next"]).json()
    assert ([row["line"] for row in rest["results"]], rest["next"]) == ([7, 8], None)
    download = planner.get(f"{path}/rejected-rows?kind=items")
    assert b"".join(download.streaming_content).count(b"cheap") >= 5
    assert planner.get(f"{path}/rejects?kind=demand").status_code == 404
    assert planner.get(f"{path}/rejects?kind=../../etc").status_code == 400
    assert planner.get(f"{path}/rejects?kind=items&cursor=x").status_code == 400
    assert send(f"{path}/apply").status_code == 409


def test_limits_can_be_loosened_in_another_preview(send, api_client):
    sent = send("imports", files=[file(text=ITEMS + "C,Milk,cheap\n")])
    assert send(f"imports/{sent.json()['id']}/preview", {"strict": "perhaps"}).status_code == 400
    assert send(f"imports/{sent.json()['id']}/preview", {"allow_shrink": True}).status_code == 202


@pytest.mark.parametrize("name", ["notes.csv", "items.exe", "items"])
def test_files_of_no_known_kind_are_refused_and_nothing_is_kept(send, media, name):
    assert send("imports", files=[file(name)]).status_code == 422
    assert not ImportBatch.objects.exists()
    assert not list(media.rglob("*.*"))


def test_other_fields_and_empty_uploads_are_refused(send):
    assert send("imports", files=[file()], state="imported").status_code == 400
    assert send("imports", {}).status_code == 422
    assert not ImportBatch.objects.exists()


def test_what_is_too_large_is_refused_before_it_is_read(send, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_MEGABYTES", -1)
    assert send("imports", files=[file()]).status_code == 413
    assert not ImportBatch.objects.exists()


@pytest.mark.parametrize("role", ["viewer", "supplier", None])
def test_who_may_not_import_changes_nothing(send, api_client, role):
    sent = send("imports", files=[file()])
    path = f"imports/{sent.json()['id']}"
    refused = {401, 403} if role is None else {403}
    assert send("imports", files=[file()], role=role).status_code in refused
    assert send(f"{path}/apply", role=role).status_code in refused
    assert api_client(role).get(path).status_code in ({200} if role == "viewer" else refused)
    assert api_client(role).get("import-formats").status_code in ({200} if role == "viewer" else refused)
    assert (ImportBatch.objects.count(), Item.objects.count()) == (1, 0)


def test_formats_say_what_can_be_imported(api_client):
    formats = {row["kind"]: row for row in api_client("viewer").rows("import-formats")}
    assert formats["stock"]["snapshot"]
    assert formats["items"]["columns"][0] == {
        "name": "sku", "type": "code", "required": True, "key": True, "help": "Code of the item.",
    }  # fmt: skip


def test_the_list_takes_a_fixed_number_of_queries(api_client):
    few = api_client("viewer").queries("imports")
    for number in range(5):
        ImportBatch.objects.create(source=str(number))
    assert api_client("viewer").queries("imports") == few


@pytest.mark.parametrize("body", [1.5, ["files"], {}, "files"])
def test_json_is_no_upload(send, body):
    assert send("imports", body).status_code in {400, 422}
    assert not ImportBatch.objects.exists()
