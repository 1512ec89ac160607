"""Columns of SKUs pasted from a sheet, kept under a short token so that an address can name them."""

import hashlib
import re
from datetime import timedelta

from planning.models import SavedView, SkuList
from stocksense.accounts.models import User
from stocksense.core import clock
from stocksense.core.errors import InvalidInput

MOST_SKUS = 5000
LONGEST_SKU = 64
SHORT = 20
"""Up to so many SKUs stand in the address itself."""
KEPT = timedelta(days=90)

_BREAKS = re.compile(r"[\n\r\t,;\v\f\u2028\u2029]+")


def parse_skus(text: str) -> list[str]:
    """SKUs of a pasted text, parted by lines, tabs, commas or semicolons; blanks and repetitions left out.

    Raises InvalidInput above `MOST_SKUS`, or for a piece longer than any SKU.
    """
    pieces = (piece.strip().strip('"').strip() for piece in _BREAKS.split(text.replace("\x00", "")))
    found = list({piece.upper(): piece for piece in pieces if piece}.values())
    if len(found) > MOST_SKUS:
        raise InvalidInput(f"These are {len(found):,} SKUs; up to {MOST_SKUS:,} can be searched at once.", field="skus")
    too_long = next((piece for piece in found if len(piece) > LONGEST_SKU), None)
    if too_long:
        raise InvalidInput(f"“{too_long[:40]}…” is no SKU: paste one column of SKUs, each on its line.", field="skus")
    return found


def keep_skus(*, skus: list[str], actor: User) -> str:
    """Store a pasted list and return its token. Lists that no saved view names go after 90 days."""
    if not skus:
        raise InvalidInput("Paste at least one SKU.", field="skus")
    token = hashlib.sha256("\n".join(skus).encode()).hexdigest()[:16]
    SkuList.objects.get_or_create(token=token, defaults={"skus": skus})
    _forget_old()
    return token


def kept_skus(token: str) -> list[str] | None:
    """The list stored under a token; None where there is none (any more)."""
    found = SkuList.objects.filter(token=token).first()
    return found.skus if found else None


def _forget_old() -> None:
    old = SkuList.objects.filter(created_at__lt=clock.now() - KEPT)
    named = " ".join(SavedView.objects.filter(query__contains="list=").values_list("query", flat=True))
    for token in old.values_list("token", flat=True):
        if token not in named:
            old.filter(token=token).delete()
