"""Policy rules, changed one at a time. The next policy run reads them."""

from policies.models import PolicyRule
from stocksense.core.masters import Master
from stocksense.core.saving import Problems

LETTERS = {"abc": "ABC", "xyz": "XYZ"}


def _check(rule: PolicyRule) -> Problems:
    problems: Problems = {}
    for field, letters in LETTERS.items():
        given = getattr(rule, field)
        if set(given) - set(letters) or len(set(given)) != len(given):
            problems[field] = [f"Use letters of {letters}, each once; blank fits all of them."]
    return problems


RULES = Master(PolicyRule, check=_check, instead="Switch it off.")
"""Service target, method and review of segments."""
