"""What the worker does for people's accounts."""

from celery import shared_task
from django.core.mail import EmailMessage

from stocksense.accounts import services


@shared_task(
    name="stocksense.accounts.tasks.send_mail",
    autoretry_for=(OSError,),
    retry_backoff=30,
    max_retries=5,
    acks_late=True,
)
def send_mail(*, subject: str, body: str, to: str) -> None:
    """Send one mail; tried again for some minutes where the mail server does not answer (SMTP errors are OSErrors)."""
    EmailMessage(subject, body, to=[to]).send()


@shared_task(name="stocksense.accounts.tasks.send_password_link")
def send_password_link(*, email: str, address: str) -> None:
    """Send a link to set a password to the person with this address, if there is one."""
    services.send_password_link(email=email, address=address)
