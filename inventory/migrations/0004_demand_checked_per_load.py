import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inventory", "0003_schedule_closed")]

    operations = [
        migrations.AlterField(
            model_name="demand",
            name=name,
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=f"inventory.{name}",
            ),
        )
        for name in ("item", "location")
    ]
