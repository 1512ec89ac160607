"""Who may approve how much, and where a second person is needed."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from django.contrib.auth.models import Group
from django.db.models import Q

from inventory.models import TransferOrder
from inventory.services import drafts as transfers
from inventory.services import transfers as transfer_life
from planning.models import ApprovalLimit, BatchVerb, DecisionEntry, PlannedOrder
from planning.services.decisions.errors import ApprovalLimitExceeded, SecondPersonNeeded
from planning.services.decisions.reach import Key
from planning.services.decisions.recording import Line
from planning.services.decisions.standing import decision_key, entry_key
from stocksense.accounts.models import User
from stocksense.accounts.roles import Role
from stocksense.company import services as company
from vendors.models import PurchaseOrder
from vendors.services import drafts as purchases
from vendors.services import orders as purchase_life

Ends = tuple[int | None, int | None, int]


def limit_of(actor: User) -> Decimal | None:
    """The most that one order may be worth for this person to approve it, company currency; None: no limit.

    The highest limit of the person's roles counts; a role without one has none.
    """
    if actor.has_perm("planning.approve_over_limit"):
        return None
    roles = set(actor.groups.filter(name__in=Role.values).values_list("name", flat=True))
    limits = dict(ApprovalLimit.objects.filter(role__in=roles).values_list("role", "max_order_value"))
    return max(limits.values()) if limits and set(limits) == roles else None


def held_values(actor: User, orders: Iterable[PlannedOrder]) -> dict[Ends, Decimal]:
    """What the drafts that approving these would add to are worth already, company currency, by `ends_of`."""
    wanted = {ends_of(order) for order in orders}
    places = {place for *_, place in wanted}
    buys = {
        (row.supplier_id, None, row.destination_id): row.pk
        for row in purchases.collecting(actor)
        .filter(supplier_id__in={supplier for supplier, *_ in wanted if supplier}, destination_id__in=places)
        .order_by("pk")
    }
    moves = {
        (None, row.origin_id, row.destination_id): row.pk
        for row in transfers.collecting(actor)
        .filter(origin_id__in={origin for _, origin, _ in wanted if origin}, destination_id__in=places)
        .order_by("pk")
    }
    bought, moved = purchases.values_of(list(buys.values())), transfers.values_of(list(moves.values()))
    held = {ends: bought.get(pk, Decimal(0)) for ends, pk in buys.items()}
    return held | {ends: moved.get(pk, Decimal(0)) for ends, pk in moves.items()}


def ends_of(order: PlannedOrder) -> Ends:
    """Supplier, origin and destination: what the lines of one draft have in common."""
    return order.supplier_id, order.origin_id, order.location_id


def require_within_limit(
    actor: User, *, purchase_orders: Sequence[PurchaseOrder], transfer_orders: Sequence[TransferOrder]
) -> None:
    """Raise ApprovalLimitExceeded where one of these drafts, as it now is, is worth more than the actor may approve."""
    limit = limit_of(actor)
    if limit is None:
        return
    values: list[tuple[Decimal, str]] = []
    bought = purchases.values_of([order.pk for order in purchase_orders])
    values += [(bought.get(order.pk, Decimal(0)), f"from {order.supplier}") for order in purchase_orders]
    moved = transfers.values_of([order.pk for order in transfer_orders])
    values += [(moved.get(order.pk, Decimal(0)), f"from {order.origin}") for order in transfer_orders]
    value, what = max(values, default=(Decimal(0), ""))
    if value > limit:
        who, currency = who_may(value), company.settings().currency
        raise ApprovalLimitExceeded(
            f"The whole order {what} comes to {value:,.2f} {currency}; you may approve up to {limit:,.2f} {currency} "
            f"an order. {ask_for(who)} Nothing was approved.",
            limit=limit,
            value=value,
            who=who,
        )


def hold_orders_to_limits() -> None:
    """From now on a draft is approved on its own page within the approver's limit too. Call once, while apps load."""
    purchase_life.BEFORE_APPROVAL.append(
        lambda order, actor: require_within_limit(actor, purchase_orders=[order], transfer_orders=[])
    )
    transfer_life.BEFORE_APPROVAL.append(
        lambda order, actor: require_within_limit(actor, purchase_orders=[], transfer_orders=[order])
    )


def require_second_person(actor: User, lines: Iterable[Line], changed: Mapping[int, Decimal]) -> None:
    """Raise SecondPersonNeeded where the company wants one and the actor set a quantity of these lines."""
    if not company.settings().separate_approver:
        return
    edits = list(lines)
    authors = _edit_authors(edits)
    own = [line.order.item.sku for line in edits if _is_own_edit(actor, line, changed, authors)]
    if own:
        raise SecondPersonNeeded(
            f"You changed the quantity of {', '.join(own[:5])}{' …' if len(own) > 5 else ''}; "
            "another person must approve it. Nothing was approved.",
            skus=own,
        )


def _is_own_edit(actor: User, line: Line, changed: Mapping[int, Decimal], authors: Mapping[Key, int]) -> bool:
    given = changed.get(line.order.pk)
    if given is not None and given != line.standing.quantity:
        return True
    return line.standing.is_edited and authors.get(decision_key(line.order)) == actor.pk


def _edit_authors(lines: Iterable[Line]) -> dict[Key, int]:
    """Who set the quantity that stands on each edited need; a snooze by somebody else keeps it theirs."""
    edited = [line.order for line in lines if line.standing.is_edited]
    entries = DecisionEntry.objects.filter(
        batch__verb=BatchVerb.EDIT,
        batch__undone_at__isnull=True,
        batch__scenario__is_baseline=True,
        item_id__in={order.item_id for order in edited},
        need_on__in={order.need_on for order in edited},
    )
    return {entry_key(entry): entry.batch.actor_id for entry in entries.select_related("batch").order_by("pk")}


def who_may(value: Decimal) -> list[str]:
    """Roles whose limit reaches `value`: they may approve and have no limit or a higher one, or may exceed it."""
    limited = set(ApprovalLimit.objects.filter(max_order_value__lt=value).values_list("role", flat=True))
    approve = Q(permissions__codename="approve", permissions__content_type__app_label="planning")
    over = Q(permissions__codename="approve_over_limit", permissions__content_type__app_label="planning")
    may = set(Group.objects.filter(approve).values_list("name", flat=True)) - limited
    may |= set(Group.objects.filter(over).values_list("name", flat=True))
    return [role.value for role in Role if role.value in may]


def ask_for(who: Sequence[str]) -> str:
    """Whom to ask, as a sentence: "An approver or an admin may approve it."."""
    named = [f"{'an' if role[:1] in 'aeiou' else 'a'} {role}" for role in who]
    if not named:
        return "Nobody's limit reaches that far."
    listed = " or ".join(part for part in (", ".join(named[:-1]), named[-1]) if part)
    return f"{listed[0].upper()}{listed[1:]} may approve it."
