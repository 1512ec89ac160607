"""Mails that let people set their password."""

from stocksense.accounts import links, mail
from stocksense.accounts.models import User


def send_password_link(*, email: str, address: str) -> None:
    """Send a reset link to the active person with this address; nothing happens where there is none.

    `address` is the scheme and host of the site.
    """
    user = User.objects.filter(email__iexact=email, is_active=True).first()
    if user is None or not may_have_password(user):
        return
    template = "account/email/password_reset_key" if user.has_usable_password() else "account/email/invitation"
    link = links.password_link(user=user, address=address)
    mail.send(template=template, to=user.email, user=user, password_reset_url=link, address=address)


def invite(*, user: User, address: str, actor: User) -> None:
    """Send the first link to somebody who was just made by `actor`."""
    link = links.password_link(user=user, address=address)
    mail.send(
        template="account/email/invitation",
        to=user.email,
        user=user,
        password_reset_url=link,
        address=address,
        invited_by=actor,
    )


def may_have_password(user: User) -> bool:
    """Whether this is a person: service accounts work with API keys only and never sign in on pages."""
    return getattr(user, "kind", "person") == "person"
