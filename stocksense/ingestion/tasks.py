"""What Celery runs for imports."""

from celery import shared_task

from stocksense.ingestion import uploads


@shared_task(name="stocksense.ingestion.tasks.import_uploaded")
def import_uploaded(job_id: int) -> None:
    """Carry out a recorded preview or import; nothing where it has ended or another worker holds it."""
    uploads.run_job(job_id)


@shared_task(name="stocksense.ingestion.tasks.remove_old_uploads")
def remove_old_uploads() -> None:
    """Remove the files of uploads that are long done."""
    uploads.remove_old()
