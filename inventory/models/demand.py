"""Recorded demand, at the grain in which it was received."""

from django.db import models

from stocksense.core.models import money_field, not_negative, positive, quantity_field


class Demand(models.Model):
    """What customers took (or asked for) in one bucket; a bucket without a row is a zero.

    Rows come by the million, so item and location are checked once per load (see the importer), not per row.
    """

    item = models.ForeignKey("inventory.Item", on_delete=models.PROTECT, db_constraint=False, related_name="+")
    location = models.ForeignKey("inventory.Location", on_delete=models.PROTECT, db_constraint=False, related_name="+")
    date = models.DateField(help_text="First local day of the bucket.")
    bucket_days = models.PositiveSmallIntegerField()
    quantity = quantity_field()
    returned_quantity = quantity_field(default=0)
    price = money_field(null=True, blank=True)
    in_stock = models.BooleanField(
        default=True, help_text="False: sold out in this bucket, so demand was at least this."
    )
    promotion = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name_plural = "demand"
        constraints = [
            models.UniqueConstraint(fields=["item", "location", "date", "bucket_days"], name="demand_unique"),
            *not_negative("demand", "quantity", "returned_quantity", "price"),
            *positive("demand", "bucket_days"),
        ]
        indexes = [models.Index(fields=["location", "item", "date"], name="demand_by_location")]

    def __str__(self) -> str:
        return f"{self.quantity} from {self.date}"
