"""Second factors: who must have one, who has one."""

from allauth.mfa.models import Authenticator
from django.db import transaction

from stocksense.accounts import mail, second_factor
from stocksense.accounts.models import User
from stocksense.accounts.services.access import end_access
from stocksense.accounts.services.people import require_may_manage


@transaction.atomic
def reset_second_factor(*, user: User, actor: User) -> int:
    """Take the factors of somebody who lost them away and end their sessions; returns how many factors were removed.

    Raises NotAllowed where `actor` may not manage this person, or is this person.
    """
    require_may_manage(actor=actor, user=user)
    removed: int = Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.RECOVERY_CODES).count()
    Authenticator.objects.filter(user=user).delete()
    end_access(user=user, reason="second_factor_reset")
    must = second_factor.is_required_of(user)
    mail.send(template="account/email/second_factor_reset", to=user.email, user=user, actor=actor, must_enrol=must)
    return removed
