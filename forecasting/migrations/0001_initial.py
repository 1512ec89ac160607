import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from stocksense.core.database.partitions import CreatePartitionedModel


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('core', '0001_partition_functions'),
        ('company', '0001_initial'),
        ('inventory', '0001_initial'),
        ('jobs', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ForecastRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('as_of', models.DateField(help_text='The day whose stock and orders the run starts from.')),
                ('run_date', models.DateField(help_text="The company's day on which the run was made.")),
                ('state', models.CharField(choices=[('running', 'Running'), ('finished', 'Finished'), ('failed', 'Failed')], default='running', max_length=8)),
                ('fencing_token', models.PositiveBigIntegerField(default=0, help_text='Token of the job attempt that writes the run.')),
                ('parameters', models.JSONField(blank=True, default=dict)),
                ('summary', models.JSONField(blank=True, default=dict)),
                ('started_at', models.DateTimeField(auto_now_add=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('cutoff', models.DateField(null=True)),
                ('bucket_days', models.PositiveSmallIntegerField()),
                ('horizon_buckets', models.PositiveSmallIntegerField()),
                ('job', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='jobs.job')),
                ('scenario', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='company.scenario')),
            ],
            options={
                'ordering': ['-id'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='DemandEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('kind', models.CharField(choices=[('price_cut', 'price cut'), ('feature', 'Feature'), ('display', 'Display'), ('other', 'Other')], max_length=9)),
                ('start_date', models.DateField()),
                ('end_date', models.DateField(blank=True, null=True)),
                ('price', models.DecimalField(blank=True, decimal_places=4, max_digits=16, null=True)),
                ('label', models.CharField(blank=True, max_length=200)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='inventory.item')),
                ('location', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='inventory.location')),
            ],
            options={
                'ordering': ['-start_date'],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['price_cut', 'feature', 'display', 'other'])), name='demand_event_kind_known'), models.UniqueConstraint(fields=('kind', 'item', 'location', 'start_date'), name='demand_event_unique', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('end_date__gte', models.F('start_date'))), name='demand_event_span_ordered')],
            },
        ),
        migrations.CreateModel(
            name='ForecastOverride',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('start_date', models.DateField()),
                ('end_date', models.DateField()),
                ('mode', models.CharField(choices=[('replace', 'Replace'), ('add', 'Add'), ('scale', 'Scale')], max_length=7)),
                ('value', models.DecimalField(decimal_places=3, help_text='Units over the span (replace, add) or a factor (scale).', max_digits=15)),
                ('reason', models.CharField(max_length=64)),
                ('comment', models.TextField(blank=True)),
                ('expires_on', models.DateField(blank=True, null=True)),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('category', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='inventory.category')),
                ('item', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='inventory.item')),
                ('location', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='inventory.location')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('mode__in', ['replace', 'add', 'scale'])), name='forecast_override_mode_known'), models.CheckConstraint(condition=models.Q(('end_date__gte', models.F('start_date'))), name='forecast_override_span_ordered'), models.CheckConstraint(condition=models.Q(('item__isnull', True), ('category__isnull', True), _connector='OR'), name='forecast_override_item_or_category')],
            },
        ),
        CreatePartitionedModel(
            column='run_date',
            step='day',
            droppable=True,
            name='Forecast',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('run_date', models.DateField()),
                ('scope', models.CharField(choices=[('own', 'demand at the location'), ('network', 'demand at the location and below it')], max_length=7)),
                ('first_date', models.DateField()),
                ('mean', django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), size=None)),
                ('quantiles', django.contrib.postgres.fields.ArrayField(base_field=django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), size=None), size=None)),
                ('cumulative_quantiles', django.contrib.postgres.fields.ArrayField(base_field=django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), size=None), size=None)),
                ('demand_class', models.CharField(max_length=12)),
                ('fallback', models.CharField(blank=True, help_text='Why the usual model could not be used.', max_length=40)),
                ('scores', models.JSONField(default=dict, help_text='Back-test scores of this series.')),
                ('item', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='inventory.item')),
                ('location', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='inventory.location')),
                ('run', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='forecasting.forecastrun')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('run', 'item', 'location', 'scope', 'run_date'), name='forecast_unique')],
            },
        ),
    ]
