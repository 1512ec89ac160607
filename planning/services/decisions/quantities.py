"""What approving each proposal orders, in SQL: the rule of `standing.standings` for lists of any length."""

from typing import Any

from django.db.models import Case, DecimalField, Exists, F, OuterRef, Q, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce, Greatest, Least

from planning.models import Decision, PlannedOrder, PlanRun
from planning.services.decisions.standing import words

_QUANTITY: "DecimalField[Any, Any]" = DecimalField(max_digits=15, decimal_places=3)


def to_order(run: PlanRun) -> dict[str, Any]:
    """Annotations of PlannedOrder: `edited` (of the whole need, or null) and `quantity_to_order`, stock units.

    An edit is of a need. Where the need is met in parts, each takes what it proposes and the last the rest.
    """
    edited = (
        words(run)
        .filter(decision__in=[Decision.EDITED, Decision.SNOOZED], quantity__isnull=False)
        .values("quantity")[:1]
    )
    parts = PlannedOrder.objects.filter(
        Q(supplier=OuterRef("supplier")) | Q(origin=OuterRef("origin")),
        run_id=run.pk,
        run_date=run.run_date,
        item=OuterRef("item"),
        location=OuterRef("location"),
        need_on=OuterRef("need_on"),
    ).order_by()
    earlier = Q(release_on__lt=OuterRef("release_on")) | Q(release_on=OuterRef("release_on"), pk__lt=OuterRef("pk"))
    later = Q(release_on__gt=OuterRef("release_on")) | Q(release_on=OuterRef("release_on"), pk__gt=OuterRef("pk"))
    taken = parts.filter(earlier).values("item").annotate(taken=Sum("quantity")).values("taken")
    zero = Value(0, output_field=_QUANTITY)
    left = Greatest(F("edited") - Coalesce(Subquery(taken, output_field=_QUANTITY), zero), zero)
    share = Case(When(Exists(parts.filter(later)), then=Least(F("quantity"), left)), default=left)
    return {
        "edited": Subquery(edited, output_field=_QUANTITY),
        "quantity_to_order": Case(
            When(edited__isnull=False, then=share), default=F("quantity"), output_field=_QUANTITY
        ),
    }
