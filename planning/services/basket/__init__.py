"""A supplier's basket for one destination: what is due, what it lacks to a minimum or a truck, what could fill it."""

from planning.services.basket.approval import approve_basket, travel_dates
from planning.services.basket.contents import Basket, BasketLine, Hint, open_basket, priced
from planning.services.basket.goals import Goal, Terms, Totals, goals_of, terms_of
from planning.services.basket.overview import BasketSummary, baskets

__all__ = [
    "Basket",
    "BasketLine",
    "BasketSummary",
    "Goal",
    "Hint",
    "Terms",
    "Totals",
    "approve_basket",
    "baskets",
    "goals_of",
    "open_basket",
    "priced",
    "terms_of",
    "travel_dates",
]
