

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('company', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='currentrun',
            name='built_on',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.DateField(), default=list, help_text='Run dates of the runs that this one was made from.', size=None),
        ),
    ]
