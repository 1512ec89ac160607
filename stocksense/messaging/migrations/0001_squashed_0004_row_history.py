"""Outbox, idempotency keys, webhooks and their history."""

import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import stocksense.audit.tracking
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('messaging', '0001_initial'),
        ('messaging', '0002_idempotency_keys'),
        ('messaging', '0003_webhooks'),
        ('messaging', '0004_row_history'),
    ]

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('audit', '0001_event_numbers'),
    ]

    operations = [
        migrations.CreateModel(
            name='OutboxMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('topic', models.CharField(max_length=100)),
                ('payload', models.JSONField()),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('delivered', 'Delivered'), ('dead', 'Dead')], default='waiting', max_length=9)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('last_error', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('next_attempt_at', models.DateTimeField(auto_now_add=True)),
                ('delivered_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['id'],
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['next_attempt_at'], name='outbox_message_waiting')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'delivered', 'dead'])), name='outbox_message_state_known')],
            },
        ),
        migrations.CreateModel(
            name='IdempotencyKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('principal', models.CharField(help_text='Who sent it.', max_length=64)),
                ('key', models.CharField(max_length=255)),
                ('fingerprint', models.BinaryField(help_text='Digest of method, address and body.')),
                ('status', models.PositiveSmallIntegerField()),
                ('headers', models.JSONField(default=dict)),
                ('body', models.BinaryField()),
                ('created_at', models.DateTimeField(auto_now_add=True, db_index=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('principal', 'key'), name='idempotency_key_unique')],
            },
        ),
        migrations.CreateModel(
            name='WebhookEndpoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('url', models.CharField(max_length=500, verbose_name='URL')),
                ('description', models.CharField(blank=True, max_length=200)),
                ('topics', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('plan.published', 'A plan was published'), ('exceptions.raised', 'A plan raised exceptions (one message for all of them)'), ('purchase_order.sent', 'A purchase order was sent'), ('purchase_order.confirmed', 'A purchase order was confirmed'), ('purchase_order.received', 'A purchase order was received, in part or whole'), ('job.finished', 'A job ended, well or not'), ('webhook.test', 'A test that somebody asked for')], max_length=40), help_text='What it wants to hear of.', size=None)),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('secret', models.TextField(editable=False, help_text='Sealed; signs every message.')),
                ('previous_secret', models.TextField(blank=True, editable=False, help_text='Sealed; signs beside the new one until receivers have changed over.')),
                ('failing_since', models.DateTimeField(blank=True, editable=False, null=True)),
                ('paused_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('pause_reason', models.CharField(blank=True, editable=False, max_length=300)),
                ('created_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'webhook',
                'ordering': ['id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('topics__len__gt', 0)), name='webhook_endpoint_some_topic'), models.CheckConstraint(condition=models.Q(('secret', ''), _negated=True), name='webhook_endpoint_has_secret')],
                'triggers': [pgtrigger.compiler.Trigger(name='history_insert', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "messaging_webhookendpointevent" ("id", "url", "description", "topics", "is_active", "paused_at", "pause_reason", "created_by_id", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT new_values."id", new_values."url", new_values."description", new_values."topics", new_values."is_active", new_values."paused_at", new_values."pause_reason", new_values."created_by_id", happened_at, \'insert\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM new_values ; RETURN NULL;', hash='495087ca730d5c12d0b7b5d860febe77a1cc91ea', level='STATEMENT', operation='INSERT', pgid='pgtrigger_history_insert_7cea9', referencing='REFERENCING NEW TABLE AS new_values ', table='messaging_webhookendpoint', when='AFTER')), pgtrigger.compiler.Trigger(name='history_update', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "messaging_webhookendpointevent" ("id", "url", "description", "topics", "is_active", "paused_at", "pause_reason", "created_by_id", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT new_values."id", new_values."url", new_values."description", new_values."topics", new_values."is_active", new_values."paused_at", new_values."pause_reason", new_values."created_by_id", happened_at, \'update\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM new_values LEFT JOIN old_values ON (old_values."id") = (new_values."id") WHERE (old_values."created_by_id" IS DISTINCT FROM (new_values."created_by_id") OR old_values."description" IS DISTINCT FROM (new_values."description") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."is_active" IS DISTINCT FROM (new_values."is_active") OR old_values."pause_reason" IS DISTINCT FROM (new_values."pause_reason") OR old_values."paused_at" IS DISTINCT FROM (new_values."paused_at") OR old_values."topics" IS DISTINCT FROM (new_values."topics") OR old_values."url" IS DISTINCT FROM (new_values."url")); RETURN NULL;', hash='b96908b61bdf2a5b6b4f36b5023b37d77c374aec', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_history_update_54165', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='messaging_webhookendpoint', when='AFTER')), pgtrigger.compiler.Trigger(name='history_delete', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "messaging_webhookendpointevent" ("id", "url", "description", "topics", "is_active", "paused_at", "pause_reason", "created_by_id", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT old_values."id", old_values."url", old_values."description", old_values."topics", old_values."is_active", old_values."paused_at", old_values."pause_reason", old_values."created_by_id", happened_at, \'delete\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM old_values ; RETURN NULL;', hash='c4dfa71f400100c368d70dc56ae587038a59c256', level='STATEMENT', operation='DELETE', pgid='pgtrigger_history_delete_c3daa', referencing='REFERENCING OLD TABLE AS old_values ', table='messaging_webhookendpoint', when='AFTER'))],
            },
        ),
        migrations.CreateModel(
            name='WebhookDelivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('message_id', models.CharField(max_length=64)),
                ('topic', models.CharField(choices=[('plan.published', 'A plan was published'), ('exceptions.raised', 'A plan raised exceptions (one message for all of them)'), ('purchase_order.sent', 'A purchase order was sent'), ('purchase_order.confirmed', 'A purchase order was confirmed'), ('purchase_order.received', 'A purchase order was received, in part or whole'), ('job.finished', 'A job ended, well or not'), ('webhook.test', 'A test that somebody asked for')], max_length=40)),
                ('body', models.TextField(help_text='What is sent, to the letter.')),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('delivered', 'Delivered'), ('dead', 'Dead')], default='waiting', max_length=9)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_attempt_at', models.DateTimeField(auto_now_add=True)),
                ('leased_until', models.DateTimeField(blank=True, help_text='A worker is sending it until then.', null=True)),
                ('last_status', models.PositiveSmallIntegerField(blank=True, help_text='HTTP status of the last answer.', null=True)),
                ('last_error', models.CharField(blank=True, max_length=300)),
                ('last_seconds', models.FloatField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('delivered_at', models.DateTimeField(blank=True, null=True)),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='messaging.webhookendpoint')),
            ],
            options={
                'verbose_name': 'webhook delivery',
                'verbose_name_plural': 'webhook deliveries',
                'ordering': ['-id'],
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['next_attempt_at'], name='webhook_delivery_waiting'), models.Index(fields=['endpoint', '-id'], name='webhook_delivery_by_endpoint'), models.Index(condition=models.Q(('state', 'delivered')), fields=['delivered_at'], name='webhook_delivery_old')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'delivered', 'dead'])), name='webhook_delivery_state_known'), models.UniqueConstraint(fields=('endpoint', 'message_id'), name='webhook_delivery_message_unique')],
            },
        ),
        migrations.CreateModel(
            name='WebhookEndpointEvent',
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
                ('url', models.TextField(null=True)),
                ('description', models.TextField(null=True)),
                ('topics', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(null=True), null=True, size=None)),
                ('is_active', models.BooleanField(null=True)),
                ('paused_at', models.DateTimeField(null=True)),
                ('pause_reason', models.TextField(null=True)),
                ('created_by', models.BigIntegerField(db_column='created_by_id', null=True)),
            ],
            options={
                'abstract': False,
                'default_permissions': (),
                'indexes': [models.Index(fields=['id', 'pgh_id'], name='webhookendpoint_ev_row'), models.Index(condition=models.Q(('pgh_actor_id__isnull', False)), fields=['pgh_actor_id', 'pgh_created_at', 'pgh_id'], name='webhookendpoint_ev_actor'), models.Index(condition=models.Q(('pgh_request_id', ''), _negated=True), fields=['pgh_request_id'], name='webhookendpoint_ev_req'), models.Index(fields=['pgh_created_at', 'pgh_id'], name='webhookendpoint_ev_at')],
            },
        ),
    ]
