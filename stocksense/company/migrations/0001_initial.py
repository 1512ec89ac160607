

import django.core.validators
import django.db.models.deletion
import stocksense.company.models
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Calendar',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('code', models.CharField(max_length=64, unique=True)),
                ('name', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='CompanySettings',
            fields=[
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('id', models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(default='My company', max_length=200)),
                ('currency', models.CharField(default='EUR', max_length=3, validators=[django.core.validators.RegexValidator('^[A-Z]{3}$', 'A currency is three capital letters, such as EUR.')])),
                ('bucket', models.CharField(choices=[('day', 'Day'), ('week', 'Week')], default='week', max_length=4)),
                ('week_start', models.PositiveSmallIntegerField(choices=[(0, 'Monday'), (1, 'Tuesday'), (2, 'Wednesday'), (3, 'Thursday'), (4, 'Friday'), (5, 'Saturday'), (6, 'Sunday')], default=0)),
                ('time_zone', models.CharField(default='UTC', max_length=64, validators=[stocksense.company.models.validate_time_zone])),
                ('default_lead_time_days', models.DecimalField(decimal_places=2, default=Decimal('7'), max_digits=6, validators=[django.core.validators.MinValueValidator(0)])),
                ('default_review_days', models.PositiveSmallIntegerField(default=7, validators=[django.core.validators.MinValueValidator(1)])),
                ('default_service_target', models.DecimalField(decimal_places=4, default=Decimal('0.95'), max_digits=5, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(1)])),
                ('holding_rate_per_year', models.DecimalField(decimal_places=4, default=Decimal('0.20'), help_text='Cost of holding stock, as a share of its value per year.', max_digits=6)),
                ('default_order_cost', models.DecimalField(decimal_places=4, default=Decimal('25'), max_digits=16)),
                ('unmet_demand', models.CharField(blank=True, choices=[('lost', 'Lost'), ('backordered', 'Backordered')], help_text='Blank: lost at stores, backordered elsewhere.', max_length=11)),
                ('max_cover_days', models.PositiveSmallIntegerField(default=120, help_text='Stock beyond this many days of demand is excess.')),
                ('planning_horizon_days', models.PositiveSmallIntegerField(default=182, validators=[django.core.validators.MinValueValidator(28), django.core.validators.MaxValueValidator(728)])),
                ('frozen_days', models.PositiveSmallIntegerField(default=0, help_text='No new order is released within these days.')),
                ('nightly_run_at', models.TimeField(default='02:00', help_text='Local time at which the nightly cycle starts.')),
            ],
            options={
                'verbose_name': 'company settings',
                'verbose_name_plural': 'company settings',
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='company_settings_single'), models.CheckConstraint(condition=models.Q(('default_service_target__gt', 0), ('default_service_target__lt', 1)), name='company_settings_service_in_range'), models.CheckConstraint(condition=models.Q(('default_lead_time_days__gte', 0)), name='company_settings_default_lead_time_days_not_negative'), models.CheckConstraint(condition=models.Q(('holding_rate_per_year__gte', 0)), name='company_settings_holding_rate_per_year_not_negative'), models.CheckConstraint(condition=models.Q(('default_order_cost__gte', 0)), name='company_settings_default_order_cost_not_negative'), models.CheckConstraint(condition=models.Q(('default_review_days__gt', 0)), name='company_settings_default_review_days_positive'), models.CheckConstraint(condition=models.Q(('planning_horizon_days__gt', 0)), name='company_settings_planning_horizon_days_positive'), models.CheckConstraint(condition=models.Q(('max_cover_days__gt', 0)), name='company_settings_max_cover_days_positive'), models.CheckConstraint(condition=models.Q(('bucket__in', ['day', 'week'])), name='company_settings_bucket_known')],
            },
        ),
        migrations.CreateModel(
            name='ExchangeRate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('currency', models.CharField(max_length=3, validators=[django.core.validators.RegexValidator('^[A-Z]{3}$', 'A currency is three capital letters, such as EUR.')])),
                ('valid_from', models.DateField()),
                ('rate', models.DecimalField(decimal_places=8, max_digits=18)),
            ],
            options={
                'ordering': ['currency', '-valid_from'],
                'constraints': [models.UniqueConstraint(fields=('currency', 'valid_from'), name='exchange_rate_unique'), models.CheckConstraint(condition=models.Q(('rate__gt', 0)), name='exchange_rate_rate_positive')],
            },
        ),
        migrations.CreateModel(
            name='Scenario',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('name', models.CharField(max_length=64, unique=True)),
                ('description', models.TextField(blank=True)),
                ('is_baseline', models.BooleanField(default=False, editable=False)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('is_baseline', True)), fields=('is_baseline',), name='scenario_one_baseline')],
            },
        ),
        migrations.CreateModel(
            name='CalendarDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('date', models.DateField()),
                ('closed', models.BooleanField(default=True)),
                ('label', models.CharField(blank=True, max_length=200)),
                ('calendar', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='days', to='company.calendar')),
            ],
            options={
                'ordering': ['date'],
                'constraints': [models.UniqueConstraint(fields=('calendar', 'date'), name='calendar_day_unique')],
            },
        ),
        migrations.CreateModel(
            name='CalendarWeekday',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('weekday', models.PositiveSmallIntegerField(choices=[(0, 'Monday'), (1, 'Tuesday'), (2, 'Wednesday'), (3, 'Thursday'), (4, 'Friday'), (5, 'Saturday'), (6, 'Sunday')])),
                ('closed', models.BooleanField(default=True)),
                ('calendar', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='weekdays', to='company.calendar')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('calendar', 'weekday'), name='calendar_weekday_unique'), models.CheckConstraint(condition=models.Q(('weekday__lte', 6)), name='calendar_weekday_weekday_known')],
            },
        ),
        migrations.CreateModel(
            name='CurrentRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('forecast', 'Forecast'), ('policy', 'Policy'), ('plan', 'Plan')], max_length=8)),
                ('run_id', models.PositiveBigIntegerField()),
                ('run_date', models.DateField()),
                ('as_of', models.DateField()),
                ('switched_at', models.DateTimeField(auto_now=True)),
                ('scenario', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='current_runs', to='company.scenario')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('scenario', 'kind'), name='current_run_unique'), models.CheckConstraint(condition=models.Q(('kind__in', ['forecast', 'policy', 'plan'])), name='current_run_kind_known'), models.CheckConstraint(condition=models.Q(('run_id__gt', 0)), name='current_run_run_id_positive')],
            },
        ),
    ]
