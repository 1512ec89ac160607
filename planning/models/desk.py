"""How each planner's desk is set up: named views, pasted lists of SKUs, preferences."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from stocksense.core.models import TimeStamped, one_of


class DeskPage(models.TextChoices):
    """A list that views can be saved of."""

    WORKLIST = "worklist"
    EXCEPTIONS = "exceptions"


class SavedView(TimeStamped):
    """A name for a query string of a list: its filters, columns and order."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    is_shared = models.BooleanField("team view", default=False, help_text="Everybody who sees the list sees the view.")
    page = models.CharField(max_length=10, choices=DeskPage, default=DeskPage.WORKLIST)
    query = models.CharField(max_length=2000, blank=True, help_text="Query string of the list.")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            one_of("saved_view", "page", DeskPage),
            models.CheckConstraint(condition=~Q(name=""), name="saved_view_named"),
            models.UniqueConstraint(
                fields=["owner", "page", "name"], condition=Q(is_shared=False), name="saved_view_private_name_unique"
            ),
            models.UniqueConstraint(
                fields=["page", "name"], condition=Q(is_shared=True), name="saved_view_team_name_unique"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DeskPreference(TimeStamped):
    """What a person set for the planner's pages."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    single_keys = models.BooleanField("shortcuts of one key", default=True)
    worklist_view = models.ForeignKey(
        SavedView, null=True, blank=True, on_delete=models.SET_NULL, related_name="+",
        help_text="Opened when the worklist is opened without a filter.",
    )  # fmt: skip
    exceptions_view = models.ForeignKey(
        SavedView, null=True, blank=True, on_delete=models.SET_NULL, related_name="+",
        help_text="Opened when the exceptions are opened without a filter.",
    )  # fmt: skip

    def __str__(self) -> str:
        return f"desk of {self.user_id}"


class SkuList(models.Model):
    """SKUs pasted from a sheet, too many for an address; the same list has the same token."""

    token = models.CharField(max_length=16, unique=True)
    skus = ArrayField(models.CharField(max_length=64))
    created_at = models.DateTimeField(auto_now_add=True, editable=False)

    def __str__(self) -> str:
        return f"{len(self.skus)} SKUs"
