from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("vendors", "0002_purchase_numbers_and_search")]

    operations = [
        migrations.AddField(
            model_name="purchaseorderschedule",
            name="is_closed",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Nothing more is expected, whatever is open of the quantity.",
                verbose_name="closed",
            ),
        ),
    ]
