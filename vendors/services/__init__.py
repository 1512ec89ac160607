"""Use cases of this app: one function each, owning its transaction, locks and news."""
