"""Company settings, calendars, rates, scenarios and their history."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import pgtrigger.compiler
import stocksense.audit.tracking
import stocksense.company.models
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('company', '0001_initial'),
        ('company', '0002_current_run_built_on'),
        ('company', '0003_separate_approver'),
        ('company', '0004_message_minimum'),
        ('company', '0005_second_factor_roles'),
        ('company', '0006_row_history'),
    ]

    dependencies = [
        ('audit', '0001_event_numbers'),
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
                'triggers': [pgtrigger.compiler.Trigger(name='history_insert', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "company_calendarevent" ("id", "code", "name", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT new_values."id", new_values."code", new_values."name", happened_at, \'insert\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM new_values ; RETURN NULL;', hash='c068b01e999b3cfde4c22666695d12262c9cb991', level='STATEMENT', operation='INSERT', pgid='pgtrigger_history_insert_6847b', referencing='REFERENCING NEW TABLE AS new_values ', table='company_calendar', when='AFTER')), pgtrigger.compiler.Trigger(name='history_update', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "company_calendarevent" ("id", "code", "name", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT new_values."id", new_values."code", new_values."name", happened_at, \'update\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM new_values LEFT JOIN old_values ON (old_values."id") = (new_values."id") WHERE (old_values."code" IS DISTINCT FROM (new_values."code") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."name" IS DISTINCT FROM (new_values."name")); RETURN NULL;', hash='91c7546d98a5fb3197bf103b2afaf50fb0c0be14', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_history_update_7158f', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='company_calendar', when='AFTER')), pgtrigger.compiler.Trigger(name='history_delete', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "company_calendarevent" ("id", "code", "name", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT old_values."id", old_values."code", old_values."name", happened_at, \'delete\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM old_values ; RETURN NULL;', hash='7c7e63e0fe8c9ccbf6b36b0422e8981d81b028d8', level='STATEMENT', operation='DELETE', pgid='pgtrigger_history_delete_ad236', referencing='REFERENCING OLD TABLE AS old_values ', table='company_calendar', when='AFTER'))],
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
                ('separate_approver', models.BooleanField(default=False, help_text='Who changed a quantity or made a draft order may not approve it.')),
                ('message_minimum', models.DecimalField(blank=True, decimal_places=4, help_text='Exceptions that cost less to ignore are left out, in company currency; shortages of a whole unit are always told. Blank: a fifth of the default order cost, about what looking at a message costs.', max_digits=16, null=True)),
                ('second_factor_roles', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('viewer', 'Viewer'), ('planner', 'Planner'), ('approver', 'Approver'), ('admin', 'Admin'), ('supplier', 'Supplier')], max_length=8), blank=True, default=list, help_text='People of these roles must set up two-factor sign-in before anything else. Recommended: approver and admin.', size=None)),
            ],
            options={
                'verbose_name': 'company settings',
                'verbose_name_plural': 'company settings',
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='company_settings_single'), models.CheckConstraint(condition=models.Q(('default_service_target__gt', 0), ('default_service_target__lt', 1)), name='company_settings_service_in_range'), models.CheckConstraint(condition=models.Q(('default_lead_time_days__gte', 0)), name='company_settings_default_lead_time_days_not_negative'), models.CheckConstraint(condition=models.Q(('holding_rate_per_year__gte', 0)), name='company_settings_holding_rate_per_year_not_negative'), models.CheckConstraint(condition=models.Q(('default_order_cost__gte', 0)), name='company_settings_default_order_cost_not_negative'), models.CheckConstraint(condition=models.Q(('default_review_days__gt', 0)), name='company_settings_default_review_days_positive'), models.CheckConstraint(condition=models.Q(('planning_horizon_days__gt', 0)), name='company_settings_planning_horizon_days_positive'), models.CheckConstraint(condition=models.Q(('max_cover_days__gt', 0)), name='company_settings_max_cover_days_positive'), models.CheckConstraint(condition=models.Q(('bucket__in', ['day', 'week'])), name='company_settings_bucket_known'), models.CheckConstraint(condition=models.Q(('message_minimum__gte', 0)), name='company_settings_message_minimum_not_negative')],
                'triggers': [pgtrigger.compiler.Trigger(name='history_insert', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "company_companysettingsevent" ("id", "name", "currency", "bucket", "week_start", "time_zone", "default_lead_time_days", "default_review_days", "default_service_target", "holding_rate_per_year", "default_order_cost", "message_minimum", "unmet_demand", "max_cover_days", "planning_horizon_days", "frozen_days", "separate_approver", "second_factor_roles", "nightly_run_at", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT new_values."id", new_values."name", new_values."currency", new_values."bucket", new_values."week_start", new_values."time_zone", new_values."default_lead_time_days", new_values."default_review_days", new_values."default_service_target", new_values."holding_rate_per_year", new_values."default_order_cost", new_values."message_minimum", new_values."unmet_demand", new_values."max_cover_days", new_values."planning_horizon_days", new_values."frozen_days", new_values."separate_approver", new_values."second_factor_roles", new_values."nightly_run_at", happened_at, \'insert\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM new_values ; RETURN NULL;', hash='3e7f6efe1185a1de20dd59dfd248117e088d8f84', level='STATEMENT', operation='INSERT', pgid='pgtrigger_history_insert_8a3fb', referencing='REFERENCING NEW TABLE AS new_values ', table='company_companysettings', when='AFTER')), pgtrigger.compiler.Trigger(name='history_update', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "company_companysettingsevent" ("id", "name", "currency", "bucket", "week_start", "time_zone", "default_lead_time_days", "default_review_days", "default_service_target", "holding_rate_per_year", "default_order_cost", "message_minimum", "unmet_demand", "max_cover_days", "planning_horizon_days", "frozen_days", "separate_approver", "second_factor_roles", "nightly_run_at", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT new_values."id", new_values."name", new_values."currency", new_values."bucket", new_values."week_start", new_values."time_zone", new_values."default_lead_time_days", new_values."default_review_days", new_values."default_service_target", new_values."holding_rate_per_year", new_values."default_order_cost", new_values."message_minimum", new_values."unmet_demand", new_values."max_cover_days", new_values."planning_horizon_days", new_values."frozen_days", new_values."separate_approver", new_values."second_factor_roles", new_values."nightly_run_at", happened_at, \'update\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM new_values LEFT JOIN old_values ON (old_values."id") = (new_values."id") WHERE (old_values."bucket" IS DISTINCT FROM (new_values."bucket") OR old_values."currency" IS DISTINCT FROM (new_values."currency") OR old_values."default_lead_time_days" IS DISTINCT FROM (new_values."default_lead_time_days") OR old_values."default_order_cost" IS DISTINCT FROM (new_values."default_order_cost") OR old_values."default_review_days" IS DISTINCT FROM (new_values."default_review_days") OR old_values."default_service_target" IS DISTINCT FROM (new_values."default_service_target") OR old_values."frozen_days" IS DISTINCT FROM (new_values."frozen_days") OR old_values."holding_rate_per_year" IS DISTINCT FROM (new_values."holding_rate_per_year") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."max_cover_days" IS DISTINCT FROM (new_values."max_cover_days") OR old_values."message_minimum" IS DISTINCT FROM (new_values."message_minimum") OR old_values."name" IS DISTINCT FROM (new_values."name") OR old_values."nightly_run_at" IS DISTINCT FROM (new_values."nightly_run_at") OR old_values."planning_horizon_days" IS DISTINCT FROM (new_values."planning_horizon_days") OR old_values."second_factor_roles" IS DISTINCT FROM (new_values."second_factor_roles") OR old_values."separate_approver" IS DISTINCT FROM (new_values."separate_approver") OR old_values."time_zone" IS DISTINCT FROM (new_values."time_zone") OR old_values."unmet_demand" IS DISTINCT FROM (new_values."unmet_demand") OR old_values."week_start" IS DISTINCT FROM (new_values."week_start")); RETURN NULL;', hash='080c72a9278eee7c6d7ee5969bae97b2917ec8a7', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_history_update_caf75', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='company_companysettings', when='AFTER')), pgtrigger.compiler.Trigger(name='history_delete', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "company_companysettingsevent" ("id", "name", "currency", "bucket", "week_start", "time_zone", "default_lead_time_days", "default_review_days", "default_service_target", "holding_rate_per_year", "default_order_cost", "message_minimum", "unmet_demand", "max_cover_days", "planning_horizon_days", "frozen_days", "separate_approver", "second_factor_roles", "nightly_run_at", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT old_values."id", old_values."name", old_values."currency", old_values."bucket", old_values."week_start", old_values."time_zone", old_values."default_lead_time_days", old_values."default_review_days", old_values."default_service_target", old_values."holding_rate_per_year", old_values."default_order_cost", old_values."message_minimum", old_values."unmet_demand", old_values."max_cover_days", old_values."planning_horizon_days", old_values."frozen_days", old_values."separate_approver", old_values."second_factor_roles", old_values."nightly_run_at", happened_at, \'delete\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM old_values ; RETURN NULL;', hash='b82475f72e3bcebfce387f8ff8b7efdfe1f2207a', level='STATEMENT', operation='DELETE', pgid='pgtrigger_history_delete_0baf8', referencing='REFERENCING OLD TABLE AS old_values ', table='company_companysettings', when='AFTER'))],
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
                'triggers': [pgtrigger.compiler.Trigger(name='history_insert', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "company_exchangerateevent" ("id", "currency", "valid_from", "rate", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT new_values."id", new_values."currency", new_values."valid_from", new_values."rate", happened_at, \'insert\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM new_values ; RETURN NULL;', hash='97fe6eedc8b6d287e208bca817bb09bdca68ac2f', level='STATEMENT', operation='INSERT', pgid='pgtrigger_history_insert_d3c91', referencing='REFERENCING NEW TABLE AS new_values ', table='company_exchangerate', when='AFTER')), pgtrigger.compiler.Trigger(name='history_update', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "company_exchangerateevent" ("id", "currency", "valid_from", "rate", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT new_values."id", new_values."currency", new_values."valid_from", new_values."rate", happened_at, \'update\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM new_values LEFT JOIN old_values ON (old_values."id") = (new_values."id") WHERE (old_values."currency" IS DISTINCT FROM (new_values."currency") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."rate" IS DISTINCT FROM (new_values."rate") OR old_values."valid_from" IS DISTINCT FROM (new_values."valid_from")); RETURN NULL;', hash='dfb1c556148d0272a37079ce26342343898b5ce9', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_history_update_cf443', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='company_exchangerate', when='AFTER')), pgtrigger.compiler.Trigger(name='history_delete', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "company_exchangerateevent" ("id", "currency", "valid_from", "rate", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT old_values."id", old_values."currency", old_values."valid_from", old_values."rate", happened_at, \'delete\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM old_values ; RETURN NULL;', hash='4b63a838a3e46f9846e8e720e4bea6c80adcb692', level='STATEMENT', operation='DELETE', pgid='pgtrigger_history_delete_315ca', referencing='REFERENCING OLD TABLE AS old_values ', table='company_exchangerate', when='AFTER'))],
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
                'triggers': [pgtrigger.compiler.Trigger(name='history_insert', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "company_scenarioevent" ("id", "name", "description", "is_baseline", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT new_values."id", new_values."name", new_values."description", new_values."is_baseline", happened_at, \'insert\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM new_values ; RETURN NULL;', hash='829a330c6744d32e1bde293ad056d882d423ca08', level='STATEMENT', operation='INSERT', pgid='pgtrigger_history_insert_e5ccb', referencing='REFERENCING NEW TABLE AS new_values ', table='company_scenario', when='AFTER')), pgtrigger.compiler.Trigger(name='history_update', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "company_scenarioevent" ("id", "name", "description", "is_baseline", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT new_values."id", new_values."name", new_values."description", new_values."is_baseline", happened_at, \'update\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM new_values LEFT JOIN old_values ON (old_values."id") = (new_values."id") WHERE (old_values."description" IS DISTINCT FROM (new_values."description") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."is_baseline" IS DISTINCT FROM (new_values."is_baseline") OR old_values."name" IS DISTINCT FROM (new_values."name")); RETURN NULL;', hash='f7e21b084c79d7f5582cd71d10b840f5015ab88f', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_history_update_bba3d', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='company_scenario', when='AFTER')), pgtrigger.compiler.Trigger(name='history_delete', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "company_scenarioevent" ("id", "name", "description", "is_baseline", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT old_values."id", old_values."name", old_values."description", old_values."is_baseline", happened_at, \'delete\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM old_values ; RETURN NULL;', hash='8e93925ce8a2af2a6adf826350269ff36fbf038c', level='STATEMENT', operation='DELETE', pgid='pgtrigger_history_delete_297c2', referencing='REFERENCING OLD TABLE AS old_values ', table='company_scenario', when='AFTER'))],
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
                'triggers': [pgtrigger.compiler.Trigger(name='history_insert', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "company_calendardayevent" ("id", "calendar_id", "date", "closed", "label", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT new_values."id", new_values."calendar_id", new_values."date", new_values."closed", new_values."label", happened_at, \'insert\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM new_values ; RETURN NULL;', hash='0960c75ef3a3b2d1e30fdb2a2b5e602d07c8de44', level='STATEMENT', operation='INSERT', pgid='pgtrigger_history_insert_6544e', referencing='REFERENCING NEW TABLE AS new_values ', table='company_calendarday', when='AFTER')), pgtrigger.compiler.Trigger(name='history_update', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "company_calendardayevent" ("id", "calendar_id", "date", "closed", "label", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT new_values."id", new_values."calendar_id", new_values."date", new_values."closed", new_values."label", happened_at, \'update\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM new_values LEFT JOIN old_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*); RETURN NULL;', hash='b18adee3fc8ac63359d7c1cb54a3238cbf6db482', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_history_update_570ad', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='company_calendarday', when='AFTER')), pgtrigger.compiler.Trigger(name='history_delete', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "company_calendardayevent" ("id", "calendar_id", "date", "closed", "label", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT old_values."id", old_values."calendar_id", old_values."date", old_values."closed", old_values."label", happened_at, \'delete\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM old_values ; RETURN NULL;', hash='ce4be8b2f8cf452fc3b2c2e66698502c899cfdb5', level='STATEMENT', operation='DELETE', pgid='pgtrigger_history_delete_4a569', referencing='REFERENCING OLD TABLE AS old_values ', table='company_calendarday', when='AFTER'))],
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
                'triggers': [pgtrigger.compiler.Trigger(name='history_insert', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "company_calendarweekdayevent" ("id", "calendar_id", "weekday", "closed", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT new_values."id", new_values."calendar_id", new_values."weekday", new_values."closed", happened_at, \'insert\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM new_values ; RETURN NULL;', hash='8a325a5afa6e85a975a6470071b66cf2754f9697', level='STATEMENT', operation='INSERT', pgid='pgtrigger_history_insert_37d98', referencing='REFERENCING NEW TABLE AS new_values ', table='company_calendarweekday', when='AFTER')), pgtrigger.compiler.Trigger(name='history_update', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "company_calendarweekdayevent" ("id", "calendar_id", "weekday", "closed", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT new_values."id", new_values."calendar_id", new_values."weekday", new_values."closed", happened_at, \'update\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM new_values LEFT JOIN old_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*); RETURN NULL;', hash='aa1a958445b6ee9fa4801d85e75fc83813c5b3e0', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_history_update_007bb', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='company_calendarweekday', when='AFTER')), pgtrigger.compiler.Trigger(name='history_delete', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "company_calendarweekdayevent" ("id", "calendar_id", "weekday", "closed", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT old_values."id", old_values."calendar_id", old_values."weekday", old_values."closed", happened_at, \'delete\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM old_values ; RETURN NULL;', hash='27a484fdec1057147e03e13bf75f7ce09724f238', level='STATEMENT', operation='DELETE', pgid='pgtrigger_history_delete_69dec', referencing='REFERENCING OLD TABLE AS old_values ', table='company_calendarweekday', when='AFTER'))],
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
                ('built_on', django.contrib.postgres.fields.ArrayField(base_field=models.DateField(), default=list, help_text='Run dates of the runs that this one was made from.', size=None)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('scenario', 'kind'), name='current_run_unique'), models.CheckConstraint(condition=models.Q(('kind__in', ['forecast', 'policy', 'plan'])), name='current_run_kind_known'), models.CheckConstraint(condition=models.Q(('run_id__gt', 0)), name='current_run_run_id_positive')],
            },
        ),
        migrations.CreateModel(
            name='CalendarDayEvent',
            fields=[
                ('pgh_id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField()),
                ('pgh_label', models.CharField(max_length=8)),
                ('pgh_actor_id', models.BigIntegerField(null=True)),
                ('pgh_actor', models.TextField()),
                ('pgh_request_id', models.TextField()),
                ('pgh_channel', models.TextField()),
                ('pgh_reason', models.TextField()),
                ('pgh_role', models.TextField()),
                ('id', models.BigIntegerField(null=True)),
                ('calendar', models.BigIntegerField(db_column='calendar_id', null=True)),
                ('date', models.DateField(null=True)),
                ('closed', models.BooleanField(null=True)),
                ('label', models.TextField(null=True)),
            ],
            options={
                'abstract': False,
                'default_permissions': (),
                'indexes': [models.Index(fields=['id', 'pgh_id'], name='calendarday_ev_row'), models.Index(condition=models.Q(('pgh_actor_id__isnull', False)), fields=['pgh_actor_id', 'pgh_created_at', 'pgh_id'], name='calendarday_ev_actor'), models.Index(condition=models.Q(('pgh_request_id', ''), _negated=True), fields=['pgh_request_id'], name='calendarday_ev_req'), models.Index(fields=['pgh_created_at', 'pgh_id'], name='calendarday_ev_at')],
            },
        ),
        migrations.CreateModel(
            name='CalendarEvent',
            fields=[
                ('pgh_id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField()),
                ('pgh_label', models.CharField(max_length=8)),
                ('pgh_actor_id', models.BigIntegerField(null=True)),
                ('pgh_actor', models.TextField()),
                ('pgh_request_id', models.TextField()),
                ('pgh_channel', models.TextField()),
                ('pgh_reason', models.TextField()),
                ('pgh_role', models.TextField()),
                ('id', models.BigIntegerField(null=True)),
                ('code', models.TextField(null=True)),
                ('name', models.TextField(null=True)),
            ],
            options={
                'abstract': False,
                'default_permissions': (),
                'indexes': [models.Index(fields=['id', 'pgh_id'], name='calendar_ev_row'), models.Index(condition=models.Q(('pgh_actor_id__isnull', False)), fields=['pgh_actor_id', 'pgh_created_at', 'pgh_id'], name='calendar_ev_actor'), models.Index(condition=models.Q(('pgh_request_id', ''), _negated=True), fields=['pgh_request_id'], name='calendar_ev_req'), models.Index(fields=['pgh_created_at', 'pgh_id'], name='calendar_ev_at')],
            },
        ),
        migrations.CreateModel(
            name='CalendarWeekdayEvent',
            fields=[
                ('pgh_id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField()),
                ('pgh_label', models.CharField(max_length=8)),
                ('pgh_actor_id', models.BigIntegerField(null=True)),
                ('pgh_actor', models.TextField()),
                ('pgh_request_id', models.TextField()),
                ('pgh_channel', models.TextField()),
                ('pgh_reason', models.TextField()),
                ('pgh_role', models.TextField()),
                ('id', models.BigIntegerField(null=True)),
                ('calendar', models.BigIntegerField(db_column='calendar_id', null=True)),
                ('weekday', models.PositiveSmallIntegerField(null=True)),
                ('closed', models.BooleanField(null=True)),
            ],
            options={
                'abstract': False,
                'default_permissions': (),
                'indexes': [models.Index(fields=['id', 'pgh_id'], name='calendarweekday_ev_row'), models.Index(condition=models.Q(('pgh_actor_id__isnull', False)), fields=['pgh_actor_id', 'pgh_created_at', 'pgh_id'], name='calendarweekday_ev_actor'), models.Index(condition=models.Q(('pgh_request_id', ''), _negated=True), fields=['pgh_request_id'], name='calendarweekday_ev_req'), models.Index(fields=['pgh_created_at', 'pgh_id'], name='calendarweekday_ev_at')],
            },
        ),
        migrations.CreateModel(
            name='CompanySettingsEvent',
            fields=[
                ('pgh_id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField()),
                ('pgh_label', models.CharField(max_length=8)),
                ('pgh_actor_id', models.BigIntegerField(null=True)),
                ('pgh_actor', models.TextField()),
                ('pgh_request_id', models.TextField()),
                ('pgh_channel', models.TextField()),
                ('pgh_reason', models.TextField()),
                ('pgh_role', models.TextField()),
                ('id', models.PositiveSmallIntegerField(null=True)),
                ('name', models.TextField(null=True)),
                ('currency', models.TextField(null=True)),
                ('bucket', models.TextField(null=True)),
                ('week_start', models.PositiveSmallIntegerField(null=True)),
                ('time_zone', models.TextField(null=True)),
                ('default_lead_time_days', models.DecimalField(decimal_places=2, max_digits=6, null=True)),
                ('default_review_days', models.PositiveSmallIntegerField(null=True)),
                ('default_service_target', models.DecimalField(decimal_places=4, max_digits=5, null=True)),
                ('holding_rate_per_year', models.DecimalField(decimal_places=4, max_digits=6, null=True)),
                ('default_order_cost', models.DecimalField(decimal_places=4, max_digits=16, null=True)),
                ('message_minimum', models.DecimalField(decimal_places=4, max_digits=16, null=True)),
                ('unmet_demand', models.TextField(null=True)),
                ('max_cover_days', models.PositiveSmallIntegerField(null=True)),
                ('planning_horizon_days', models.PositiveSmallIntegerField(null=True)),
                ('frozen_days', models.PositiveSmallIntegerField(null=True)),
                ('separate_approver', models.BooleanField(null=True)),
                ('second_factor_roles', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(null=True), null=True, size=None)),
                ('nightly_run_at', models.TimeField(null=True)),
            ],
            options={
                'abstract': False,
                'default_permissions': (),
                'indexes': [models.Index(fields=['id', 'pgh_id'], name='companysettings_ev_row'), models.Index(condition=models.Q(('pgh_actor_id__isnull', False)), fields=['pgh_actor_id', 'pgh_created_at', 'pgh_id'], name='companysettings_ev_actor'), models.Index(condition=models.Q(('pgh_request_id', ''), _negated=True), fields=['pgh_request_id'], name='companysettings_ev_req'), models.Index(fields=['pgh_created_at', 'pgh_id'], name='companysettings_ev_at')],
            },
        ),
        migrations.CreateModel(
            name='ExchangeRateEvent',
            fields=[
                ('pgh_id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField()),
                ('pgh_label', models.CharField(max_length=8)),
                ('pgh_actor_id', models.BigIntegerField(null=True)),
                ('pgh_actor', models.TextField()),
                ('pgh_request_id', models.TextField()),
                ('pgh_channel', models.TextField()),
                ('pgh_reason', models.TextField()),
                ('pgh_role', models.TextField()),
                ('id', models.BigIntegerField(null=True)),
                ('currency', models.TextField(null=True)),
                ('valid_from', models.DateField(null=True)),
                ('rate', models.DecimalField(decimal_places=8, max_digits=18, null=True)),
            ],
            options={
                'abstract': False,
                'default_permissions': (),
                'indexes': [models.Index(fields=['id', 'pgh_id'], name='exchangerate_ev_row'), models.Index(condition=models.Q(('pgh_actor_id__isnull', False)), fields=['pgh_actor_id', 'pgh_created_at', 'pgh_id'], name='exchangerate_ev_actor'), models.Index(condition=models.Q(('pgh_request_id', ''), _negated=True), fields=['pgh_request_id'], name='exchangerate_ev_req'), models.Index(fields=['pgh_created_at', 'pgh_id'], name='exchangerate_ev_at')],
            },
        ),
        migrations.CreateModel(
            name='ScenarioEvent',
            fields=[
                ('pgh_id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField()),
                ('pgh_label', models.CharField(max_length=8)),
                ('pgh_actor_id', models.BigIntegerField(null=True)),
                ('pgh_actor', models.TextField()),
                ('pgh_request_id', models.TextField()),
                ('pgh_channel', models.TextField()),
                ('pgh_reason', models.TextField()),
                ('pgh_role', models.TextField()),
                ('id', models.BigIntegerField(null=True)),
                ('name', models.TextField(null=True)),
                ('description', models.TextField(null=True)),
                ('is_baseline', models.BooleanField(null=True)),
            ],
            options={
                'abstract': False,
                'default_permissions': (),
                'indexes': [models.Index(fields=['id', 'pgh_id'], name='scenario_ev_row'), models.Index(condition=models.Q(('pgh_actor_id__isnull', False)), fields=['pgh_actor_id', 'pgh_created_at', 'pgh_id'], name='scenario_ev_actor'), models.Index(condition=models.Q(('pgh_request_id', ''), _negated=True), fields=['pgh_request_id'], name='scenario_ev_req'), models.Index(fields=['pgh_created_at', 'pgh_id'], name='scenario_ev_at')],
            },
        ),
    ]
