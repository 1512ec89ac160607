"""Policy rules, runs, effective policies, and the history of the rules."""

import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import stocksense.audit.tracking
import stocksense.core.database.partitions
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('policies', '0001_initial'),
        ('policies', '0002_row_history'),
    ]

    dependencies = [
        ('audit', '0001_event_numbers'),
        ('company', '0001_squashed_0006_row_history'),
        ('core', '0004_youngest_dropped_day'),
        ('forecasting', '0001_squashed_0010_candidate_scores'),
        ('inventory', '0001_squashed_0007_row_history'),
        ('jobs', '0001_squashed_0003_request_ids'),
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
                'triggers': [pgtrigger.compiler.Trigger(name='history_insert', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "policies_policyruleevent" ("id", "name", "position", "abc", "xyz", "demand_class", "category_id", "location_kind", "service_target", "method", "review_days", "is_active", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT new_values."id", new_values."name", new_values."position", new_values."abc", new_values."xyz", new_values."demand_class", new_values."category_id", new_values."location_kind", new_values."service_target", new_values."method", new_values."review_days", new_values."is_active", happened_at, \'insert\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM new_values ; RETURN NULL;', hash='65210df89510806276b241641384780f7bda1d2a', level='STATEMENT', operation='INSERT', pgid='pgtrigger_history_insert_d7d8d', referencing='REFERENCING NEW TABLE AS new_values ', table='policies_policyrule', when='AFTER')), pgtrigger.compiler.Trigger(name='history_update', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "policies_policyruleevent" ("id", "name", "position", "abc", "xyz", "demand_class", "category_id", "location_kind", "service_target", "method", "review_days", "is_active", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT new_values."id", new_values."name", new_values."position", new_values."abc", new_values."xyz", new_values."demand_class", new_values."category_id", new_values."location_kind", new_values."service_target", new_values."method", new_values."review_days", new_values."is_active", happened_at, \'update\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM new_values LEFT JOIN old_values ON (old_values."id") = (new_values."id") WHERE (old_values."abc" IS DISTINCT FROM (new_values."abc") OR old_values."category_id" IS DISTINCT FROM (new_values."category_id") OR old_values."demand_class" IS DISTINCT FROM (new_values."demand_class") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."is_active" IS DISTINCT FROM (new_values."is_active") OR old_values."location_kind" IS DISTINCT FROM (new_values."location_kind") OR old_values."method" IS DISTINCT FROM (new_values."method") OR old_values."name" IS DISTINCT FROM (new_values."name") OR old_values."position" IS DISTINCT FROM (new_values."position") OR old_values."review_days" IS DISTINCT FROM (new_values."review_days") OR old_values."service_target" IS DISTINCT FROM (new_values."service_target") OR old_values."xyz" IS DISTINCT FROM (new_values."xyz")); RETURN NULL;', hash='da374b49d7e3f641f328d3a254c3646e541a30e0', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_history_update_fa6f3', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='policies_policyrule', when='AFTER')), pgtrigger.compiler.Trigger(name='history_delete', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "policies_policyruleevent" ("id", "name", "position", "abc", "xyz", "demand_class", "category_id", "location_kind", "service_target", "method", "review_days", "is_active", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT old_values."id", old_values."name", old_values."position", old_values."abc", old_values."xyz", old_values."demand_class", old_values."category_id", old_values."location_kind", old_values."service_target", old_values."method", old_values."review_days", old_values."is_active", happened_at, \'delete\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM old_values ; RETURN NULL;', hash='e0c23051f7089ae8b3c030edb77a0c10642cba77', level='STATEMENT', operation='DELETE', pgid='pgtrigger_history_delete_716bf', referencing='REFERENCING OLD TABLE AS old_values ', table='policies_policyrule', when='AFTER'))],
            },
        ),
        stocksense.core.database.partitions.CreatePartitionedModel(
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
            column='run_date',
            step='day',
            droppable=True,
            kept_days=1,
        ),
        migrations.CreateModel(
            name='PolicyRuleEvent',
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
                ('position', models.PositiveIntegerField(null=True)),
                ('abc', models.TextField(null=True)),
                ('xyz', models.TextField(null=True)),
                ('demand_class', models.TextField(null=True)),
                ('category', models.BigIntegerField(db_column='category_id', null=True)),
                ('location_kind', models.TextField(null=True)),
                ('service_target', models.DecimalField(decimal_places=4, max_digits=5, null=True)),
                ('method', models.TextField(null=True)),
                ('review_days', models.PositiveSmallIntegerField(null=True)),
                ('is_active', models.BooleanField(null=True)),
            ],
            options={
                'abstract': False,
                'default_permissions': (),
                'indexes': [models.Index(fields=['id', 'pgh_id'], name='policyrule_ev_row'), models.Index(condition=models.Q(('pgh_actor_id__isnull', False)), fields=['pgh_actor_id', 'pgh_created_at', 'pgh_id'], name='policyrule_ev_actor'), models.Index(condition=models.Q(('pgh_request_id', ''), _negated=True), fields=['pgh_request_id'], name='policyrule_ev_req'), models.Index(fields=['pgh_created_at', 'pgh_id'], name='policyrule_ev_at')],
            },
        ),
    ]
