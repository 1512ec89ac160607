"""What the worker does for people's accounts."""

from celery import shared_task
from django.core.mail import EmailMessage

from stocksense.accounts import one_time, services
from stocksense.accounts.keys import usage
from stocksense.accounts.limits import database_store, sign_in
from stocksense.accounts.tokens import families


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


@shared_task(name="stocksense.accounts.tasks.write_key_usage")
def write_key_usage() -> None:
    """Write when API keys were last used."""
    usage.write_notes()


@shared_task(name="stocksense.accounts.tasks.remove_expired_access")
def remove_expired_access() -> None:
    """Remove sign-ins, tickets, counts and known addresses that are past their time."""
    families.remove_ended()
    one_time.remove_expired()
    database_store.remove_expired()
    sign_in.remove_old_addresses()
