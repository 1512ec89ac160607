"""One sequence for the events of all tables, so that they have one order."""

from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL("CREATE SEQUENCE audit_event_number AS bigint CACHE 1", "DROP SEQUENCE audit_event_number")
    ]
