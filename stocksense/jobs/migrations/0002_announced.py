

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='job',
            name='announced_at',
            field=models.DateTimeField(blank=True, help_text='When a worker was last hinted at it.', null=True),
        ),
    ]
