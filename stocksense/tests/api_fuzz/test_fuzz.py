"""No request that can be made from the description breaks the server, and every answer is as described."""

import os
import time

import pytest

from stocksense.accounts.roles import Role
from stocksense.accounts.tokens.families import start_family
from stocksense.core.api.schema import generated
from stocksense.tests.api_fuzz.driver import Caller, Fuzzer
from stocksense.tests.small_company import import_and_plan, person_of

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "300"))
SEED = int(os.environ.get("FUZZ_SEED", "20261116"))

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def signed_in(role: Role) -> Caller:
    """A caller of the role who signs in again whenever their sign-in or their account was ended."""
    user = person_of(role)

    def sign_in() -> dict[str, str]:
        type(user).objects.filter(pk=user.pk).update(is_active=True)
        user.refresh_from_db()
        return {"Authorization": f"Bearer {start_family(user=user, second_factor=True).access}"}

    return Caller(role.value, sign_in)


@pytest.fixture
def unlimited(settings):
    """Limits that the fuzzing does not meet; work is queued for nobody."""
    from stocksense.celery import app

    settings.API_LIMITS = dict.fromkeys(settings.API_LIMITS, "1000000/min")
    settings.API_SCOPE_LIMITS = dict.fromkeys(settings.API_SCOPE_LIMITS, "1000000/min")
    before, app.conf.task_always_eager = app.conf.task_always_eager, False
    yield
    app.conf.task_always_eager = before


def test_answers_are_as_described(unlimited, live_server, request):
    import_and_plan()
    callers = [signed_in(role) for role in (Role.ADMIN, Role.ADMIN, Role.APPROVER, Role.VIEWER, Role.SUPPLIER)]
    callers.append(Caller("nobody", dict))
    fuzzer = Fuzzer(
        address=live_server.url,
        document=generated.document(),
        callers=callers,
        admin=signed_in(Role.ADMIN),
        seed=SEED,
    )
    started = time.monotonic()
    report = fuzzer.run(REQUESTS)
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print(f"\n{report}\nin {time.monotonic() - started:.0f} s, seed {SEED}")
    assert not report.failures
    assert report.requests >= REQUESTS * 0.9
