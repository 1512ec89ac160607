import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from stocksense.core.database.partitions import CreatePartitionedModel


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('core', '0001_partition_functions'),
        ('company', '0001_initial'),
        ('forecasting', '0001_initial'),
        ('inventory', '0001_initial'),
        ('jobs', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='PolicyRun',
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
                ('forecast_run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='forecasting.forecastrun')),
                ('job', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='jobs.job')),
                ('scenario', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='company.scenario')),
            ],
            options={
                'ordering': ['-id'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='PolicyRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('name', models.CharField(max_length=120, unique=True)),
                ('position', models.PositiveIntegerField(default=100, help_text='Rules are tried in this order.')),
                ('abc', models.CharField(blank=True, help_text='Letters that fit, such as AB.', max_length=3, verbose_name='ABC')),
                ('xyz', models.CharField(blank=True, help_text='Letters that fit, such as X.', max_length=3, verbose_name='XYZ')),
                ('demand_class', models.CharField(blank=True, max_length=12)),
                ('location_kind', models.CharField(blank=True, choices=[('store', 'Store'), ('dc', 'distribution centre'), ('warehouse', 'Warehouse')], max_length=9)),
                ('service_target', models.DecimalField(blank=True, decimal_places=4, max_digits=5, null=True)),
                ('method', models.CharField(blank=True, choices=[('rss', 'review, s and S from the forecast'), ('min_max', 'fixed minimum and maximum'), ('none', 'not planned')], max_length=8)),
                ('review_days', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('category', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='inventory.category')),
            ],
            options={
                'ordering': ['position', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('service_target__gt', 0), ('service_target__lt', 1)), name='policy_rule_service_in_range'), models.CheckConstraint(condition=models.Q(('review_days__gt', 0)), name='policy_rule_review_days_positive')],
            },
        ),
        CreatePartitionedModel(
            column='run_date',
            step='day',
            droppable=True,
            name='Policy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('run_date', models.DateField()),
                ('method', models.CharField(choices=[('rss', 'review, s and S from the forecast'), ('min_max', 'fixed minimum and maximum'), ('none', 'not planned')], max_length=8)),
                ('abc', models.CharField(max_length=1, verbose_name='ABC')),
                ('xyz', models.CharField(max_length=1, verbose_name='XYZ')),
                ('demand_class', models.CharField(max_length=12)),
                ('service_target', models.FloatField()),
                ('lead_time_days', models.FloatField()),
                ('review_days', models.FloatField()),
                ('reorder_point', models.FloatField()),
                ('order_up_to', models.FloatField()),
                ('safety_stock', models.FloatField()),
                ('order_quantity', models.FloatField()),
                ('reorder_points', django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), size=None)),
                ('order_up_to_levels', django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), size=None)),
                ('trace', models.JSONField()),
                ('item', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='inventory.item')),
                ('location', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='inventory.location')),
                ('run', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='policies.policyrun')),
            ],
            options={
                'verbose_name_plural': 'policies',
                'constraints': [models.UniqueConstraint(fields=('run', 'item', 'location', 'run_date'), name='policy_unique')],
            },
        ),
    ]
