"""The lock that every decision takes: the pointer of the current plan, held against publishing and other decisions."""

from collections.abc import Sequence
from decimal import Decimal

from planning.models import PlannedOrder, PlanRun
from planning.services.decisions.errors import RunSuperseded
from planning.services.decisions.standing import decision_key
from stocksense.accounts.models import User
from stocksense.company.models import CurrentRun, RunKind, Scenario
from stocksense.core.errors import InvalidInput, NotAllowed


def require(actor: User, permission: str, message: str) -> None:
    """Raise NotAllowed where the actor lacks the permission."""
    if not actor.has_perm(permission):
        raise NotAllowed(message)


def lock_pointer(scenario: Scenario) -> CurrentRun | None:
    """The pointer of the scenario's plan, locked until the transaction ends."""
    return CurrentRun.objects.select_for_update(of=("self",)).filter(scenario=scenario, kind=RunKind.PLAN).first()


def lock_current_run(run_id: int, ids: Sequence[int] = ()) -> PlanRun:
    """The run, if it is the current one, its pointer locked.

    Raises InvalidInput for an unknown run, RunSuperseded, with the new quantities of the planned orders `ids`.
    """
    run = PlanRun.objects.select_related("scenario").filter(pk=run_id).first()
    if run is None:
        raise InvalidInput(f"There is no plan run {run_id}.", run=run_id)
    pointer = lock_pointer(run.scenario)
    if pointer is None or pointer.run_id != run.pk:
        raise RunSuperseded(
            "A newer plan has been made since this page was opened. Nothing was changed: look at the new quantities.",
            current_run=pointer.run_id if pointer else None,
            quantities=_new_quantities(run, pointer, ids) if pointer else {},
        )
    return run


def _new_quantities(run: PlanRun, pointer: CurrentRun, ids: Sequence[int]) -> dict[int, Decimal | None]:
    asked = list(PlannedOrder.objects.filter(run_id=run.pk, run_date=run.run_date, pk__in=ids))
    items = {order.item_id for order in asked}
    now = PlannedOrder.objects.of_run(pointer).filter(item_id__in=items)
    proposed = {decision_key(order): order.quantity for order in now}
    return {order.pk: proposed.get(decision_key(order)) for order in asked}
