

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('jobs', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ImportBatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('uploaded', 'Uploaded'), ('previewed', 'Previewed'), ('imported', 'Imported'), ('refused', 'Refused')], default='uploaded', max_length=9)),
                ('source', models.CharField(help_text='Folder or names of the uploaded files.', max_length=500)),
                ('folder', models.CharField(blank=True, help_text='Where uploaded files wait, below the data folder.', max_length=500)),
                ('report', models.JSONField(blank=True, default=dict)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('job', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='jobs.job')),
            ],
            options={
                'verbose_name_plural': 'import batches',
                'ordering': ['-id'],
                'permissions': [('import_data', 'Can import data')],
            },
        ),
        migrations.CreateModel(
            name='DataFeed',
            fields=[
                ('kind', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('loaded_at', models.DateTimeField()),
                ('as_of', models.DateField(blank=True, null=True)),
                ('rows', models.PositiveBigIntegerField(default=0)),
                ('batch', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='ingestion.importbatch')),
            ],
        ),
        migrations.AddConstraint(
            model_name='importbatch',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['uploaded', 'previewed', 'imported', 'refused'])), name='import_batch_state_known'),
        ),
    ]
