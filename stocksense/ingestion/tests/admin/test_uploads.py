"""Uploading, previewing and importing files through the admin."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from inventory.models import Item
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from stocksense.core import clock
from stocksense.ingestion import uploads
from stocksense.ingestion.models import DataFeed, ImportBatch, ImportState
from stocksense.jobs.models import Job, JobState

ITEMS = "sku,name,unit_cost\nA,Tea,2.5\nB,Coffee,4\n"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def planner(client):
    user = UserFactory(role=Role.PLANNER)
    client.force_login(user)
    return user


@pytest.fixture
def send(client, django_capture_on_commit_callbacks):
    """POST, with the jobs it starts carried out."""

    def post(name, *args, **data):
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(reverse(f"admin:{name}", args=args), data)

    return post


def file(name, text=ITEMS):
    return SimpleUploadedFile(name, text.encode())


def page(client, batch) -> str:
    return client.get(reverse("admin:ingestion_import", args=[batch.pk])).content.decode()


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html.split('id="content')[-1]).split())


def uploaded(send, *files) -> ImportBatch:
    send("ingestion_upload", files=list(files))
    return ImportBatch.objects.latest("pk")


def test_without_imports_the_page_says_where_to_start(client, planner):
    html = client.get(reverse("admin:ingestion_imports")).content.decode()
    assert "Nothing has been imported yet." in html
    assert 'type="file" name="files" multiple required' in html
    assert "at most 300 MB together" in html


def test_an_upload_is_kept_under_safe_names_and_previewed(client, planner, send, media):
    answer = send("ingestion_upload", files=[file("ITEMS.CSV"), file("locations.csv", "code\nS1\n")])
    batch = ImportBatch.objects.get()
    assert answer.url == reverse("admin:ingestion_import", args=[batch.pk])
    assert sorted(path.name for path in (media / "imports" / str(batch.pk)).iterdir() if path.is_file()) == [
        "items.csv", "locations.csv",
    ]  # fmt: skip
    assert (batch.state, batch.created_by, batch.source) == (ImportState.PREVIEWED, planner, "ITEMS.CSV, locations.csv")
    assert Item.objects.count() == 0
    assert DataFeed.objects.count() == 0
    assert [(step.name, step.done, step.total, step.state) for step in batch.job.steps.all()] == [
        ("items", 2, 2, "succeeded"), ("locations", 1, 1, "succeeded"), ("finish", 1, 1, "succeeded"),
    ]  # fmt: skip
    assert "A preview: nothing is written yet." in page(client, batch)


def test_the_preview_counts_rows_and_shows_changes_before_and_after(client, planner, send):
    Item.objects.create(sku="A", name="Tea", unit_cost="2")
    batch = uploaded(send, file("items.csv"))
    text = words(page(client, batch))
    assert "items.csv 2 1 1 0 0 0" in text
    assert "2 A unit_cost 2.0000 2.5000" in text


def test_importing_a_preview_writes_it_and_shows_how_old_the_data_is(client, planner, send):
    batch = uploaded(send, file("items.csv"))
    send("ingestion_run", batch.pk)
    batch.refresh_from_db()
    assert batch.state == ImportState.IMPORTED
    assert sorted(Item.objects.values_list("sku", flat=True)) == ["A", "B"]
    html = page(client, batch)
    assert "items 0 min old" in html
    assert reverse("admin:ingestion_run", args=[batch.pk]) not in html


def test_an_import_clicked_twice_imports_once(client, planner, send):
    batch = uploaded(send, file("items.csv"))
    for _ in range(2):
        send("ingestion_run", batch.pk)
    assert Job.objects.filter(title=f"Import of upload {batch.pk}").count() == 1
    assert "These files have been imported already." in page(client, batch)


def test_an_import_clicked_while_it_waits_is_not_started_again(client, planner, send):
    batch = uploaded(send, file("items.csv"))
    url = reverse("admin:ingestion_run", args=[batch.pk])
    client.post(url)
    client.post(url)
    assert Job.objects.filter(title=f"Import of upload {batch.pk}", state=JobState.QUEUED).count() == 1
    html = page(client, batch)
    assert "is already under way" in html
    assert 'data-ended="no"' in html
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in html


def test_a_job_sent_again_after_it_imported_does_nothing(planner, send):
    batch = uploaded(send, file("items.csv"))
    send("ingestion_run", batch.pk)
    job = Job.objects.create(kind=uploads.KIND, title="again", parameters=Job.objects.latest("pk").parameters)
    assert uploads.run_job(job.pk) == JobState.SUCCEEDED
    assert ImportBatch.objects.count() == 1


def test_rejected_rows_come_with_reasons_and_a_file_that_imports_once_mended(client, planner, send):
    rows = "".join(f"S{number},Thing,1\n" for number in range(30))
    batch = uploaded(send, file("items.csv", f"sku,name,unit_cost\n{rows}BAD,=1+1,minus two\n"))
    text = words(page(client, batch))
    assert "items.csv 31 30 0 0 0 1" in text
    assert "32 unit_cost minus two unit_cost is not a number" in text
    answer = client.get(reverse("admin:ingestion_rejected", args=[batch.pk, "items"]))
    assert answer["Content-Disposition"] == 'attachment; filename="items.csv"'
    mended = b"".join(answer.streaming_content).decode().splitlines()
    assert mended[0] == "error_file,error_line,error_column,error_value,error_reason,sku,name,unit_cost"
    assert mended[1].endswith("BAD,'=1+1,minus two")
    again = uploaded(send, file("items.csv", "\n".join(mended).replace("'=1+1,minus two", "'=1+1,2")))
    send("ingestion_run", again.pk)
    assert Item.objects.get(sku="BAD").name == "=1+1"


def test_a_refused_preview_says_why_and_cannot_be_imported(client, planner, send):
    batch = uploaded(send, file("items.csv", "sku,unit_cost\nA,1\nB,x\n"))
    assert batch.state == ImportState.REFUSED
    assert "1 of 2 rows were rejected; the limit is 5 %" in page(client, batch)
    send("ingestion_run", batch.pk)
    assert Item.objects.count() == 0
    assert "cannot be imported as they are" in page(client, batch)


def test_a_preview_can_be_made_stricter(client, planner, send):
    rows = "".join(f"S{number},1\n" for number in range(30))
    batch = uploaded(send, file("items.csv", f"sku,unit_cost\n{rows}BAD,x\n"))
    assert batch.state == ImportState.PREVIEWED
    send("ingestion_preview", batch.pk, strict="yes")
    batch.refresh_from_db()
    assert batch.state == ImportState.REFUSED
    assert "no row may be rejected (strict)" in page(client, batch)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("prices.csv", "prices.csv is none of the known files"),
        ("items.exe", "items.exe is none of the known files"),
        ("items.csv.csv", "items.csv.csv is none of the known files"),
    ],
)
def test_unknown_files_are_refused_by_name_and_nothing_is_kept(client, planner, send, media, name, says):
    send("ingestion_upload", files=[file("items.csv"), file(name)])
    assert says in client.get(reverse("admin:ingestion_imports")).content.decode()
    assert (ImportBatch.objects.count(), Job.objects.count(), list(media.iterdir())) == (0, 0, [])


def test_a_path_in_a_file_name_leads_nowhere(planner, send, media):
    batch = uploaded(send, file("../../items.csv"))
    assert uploads.folder_of(batch) == media / "imports" / str(batch.pk)
    assert [path.name for path in uploads.folder_of(batch).iterdir() if path.is_file()] == ["items.csv"]


def test_two_files_of_a_kind_too_much_and_none_at_all_are_refused(client, planner, send, monkeypatch):
    def says(*files):
        send("ingestion_upload", files=list(files))
        return client.get(reverse("admin:ingestion_imports")).content.decode()

    assert "are of the same kind" in says(file("items.csv"), file("items.xlsx"))
    assert "Choose at least one file." in says()
    monkeypatch.setattr(uploads, "MOST_MEGABYTES", 0)
    assert "larger than 0 MB together" in says(file("items.csv"))
    assert ImportBatch.objects.count() == 0


def test_a_failed_start_leaves_no_files(planner, monkeypatch, media):
    def fail(**_):
        raise RuntimeError("no job")

    monkeypatch.setattr(uploads.jobs, "create_job", fail)
    with pytest.raises(RuntimeError):
        uploads.upload(files=[file("items.csv")], actor=planner)
    assert not list(Path(media).glob("imports/*"))
    assert ImportBatch.objects.count() == 0


def test_a_viewer_sees_imports_and_changes_nothing(client, planner, send, media):
    batch = uploaded(send, file("items.csv"))
    client.force_login(UserFactory(role=Role.VIEWER))
    html = client.get(reverse("admin:ingestion_imports")).content.decode()
    assert "Upload files" not in html
    assert "ss-button-primary" not in page(client, batch).split('id="content')[-1]
    before = list(Job.objects.values_list("pk", "state"))
    for name, args in (("ingestion_upload", ()), ("ingestion_run", (batch.pk,)), ("ingestion_preview", (batch.pk,))):
        assert send(name, *args, files=[file("items.csv")]).status_code == 403
    assert (ImportBatch.objects.count(), Item.objects.count()) == (1, 0)
    assert list(Job.objects.values_list("pk", "state")) == before
    assert ImportBatch.objects.get().state == ImportState.PREVIEWED


def test_nobody_changes_anything_by_a_link(client, planner, send):
    batch = uploaded(send, file("items.csv"))
    for name, args in (("ingestion_upload", ()), ("ingestion_run", (batch.pk,)), ("ingestion_preview", (batch.pk,))):
        assert client.get(reverse(f"admin:{name}", args=args)).status_code == 405
    assert Job.objects.count() == 1
    assert Item.objects.count() == 0


def test_the_list_takes_the_same_queries_for_many_imports(client, planner, django_assert_max_num_queries):
    ImportBatch.objects.bulk_create(ImportBatch(source=f"folder {number}", created_by=planner) for number in range(30))
    with django_assert_max_num_queries(12):
        client.get(reverse("admin:ingestion_imports"))


def test_other_kinds_of_rejected_rows_and_foreign_names_are_not_found(client, planner, send):
    batch = uploaded(send, file("items.csv"))
    for kind in ("items", "all", "passwd"):
        assert client.get(reverse("admin:ingestion_rejected", args=[batch.pk, kind])).status_code == 404


def test_files_of_old_uploads_go_and_their_reports_stay(planner, send, media):
    old, young = uploaded(send, file("items.csv")), uploaded(send, file("items.csv"))
    ImportBatch.objects.filter(pk=old.pk).update(created_at=clock.now() - uploads.KEPT - timedelta(minutes=1))
    assert uploads.remove_old() == 1
    assert [path.name for path in (media / "imports").iterdir()] == [str(young.pk)]
    old.refresh_from_db()
    assert (old.folder, old.state) == ("", ImportState.PREVIEWED)
    assert old.report["files"]
