"""Text that a spreadsheet would run as a formula is written with an apostrophe before it."""

import re
from typing import Final

RISKY: Final = r"^'*[=+@\t\r-]"


def safe(text: str) -> str:
    """`text` as a cell that no spreadsheet computes. Apostrophes that are there already are kept apart by one more."""
    return f"'{text}" if re.match(RISKY, text) else text
