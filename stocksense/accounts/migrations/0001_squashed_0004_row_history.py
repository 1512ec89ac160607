"""Users, keys, tokens and their history, and the rules by which the database ends access."""

import django.contrib.auth.models
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
import pgtrigger.compiler
import pgtrigger.migrations
import stocksense.audit.tracking
from django.conf import settings
from django.db import migrations, models

# Access ends with what it rested on: the database moves `token_version` on, whoever writes and however.
ON_USER = """
CREATE FUNCTION accounts_user_token_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A stale object that is saved whole must not bring an old version back to life.
    NEW.token_version := greatest(NEW.token_version, OLD.token_version);
    IF NEW.token_version = OLD.token_version AND (
        NEW.password IS DISTINCT FROM OLD.password OR NEW.is_active IS DISTINCT FROM OLD.is_active
        OR NEW.is_superuser IS DISTINCT FROM OLD.is_superuser OR NEW.kind IS DISTINCT FROM OLD.kind
    ) THEN
        NEW.token_version := OLD.token_version + 1;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER accounts_user_token_version BEFORE UPDATE ON accounts_user
    FOR EACH ROW EXECUTE FUNCTION accounts_user_token_version();
"""

ON_GRANTS = """
CREATE FUNCTION accounts_grants_token_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE accounts_user SET token_version = token_version + 1 WHERE id IN (SELECT user_id FROM changed);
    RETURN NULL;
END $$;
CREATE TRIGGER accounts_user_groups_added AFTER INSERT ON accounts_user_groups
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION accounts_grants_token_version();
CREATE TRIGGER accounts_user_groups_removed AFTER DELETE ON accounts_user_groups
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION accounts_grants_token_version();
CREATE TRIGGER accounts_user_permissions_added AFTER INSERT ON accounts_user_user_permissions
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION accounts_grants_token_version();
CREATE TRIGGER accounts_user_permissions_removed AFTER DELETE ON accounts_user_user_permissions
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION accounts_grants_token_version();
"""

BACK = """
DROP TRIGGER accounts_user_permissions_removed ON accounts_user_user_permissions;
DROP TRIGGER accounts_user_permissions_added ON accounts_user_user_permissions;
DROP TRIGGER accounts_user_groups_removed ON accounts_user_groups;
DROP TRIGGER accounts_user_groups_added ON accounts_user_groups;
DROP FUNCTION accounts_grants_token_version();
DROP TRIGGER accounts_user_token_version ON accounts_user;
DROP FUNCTION accounts_user_token_version();
"""


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('accounts', '0001_initial'),
        ('accounts', '0002_access_control'),
        ('accounts', '0003_token_version_moves'),
        ('accounts', '0004_row_history'),
    ]

    dependencies = [
        ('audit', '0001_event_numbers'),
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('email', models.EmailField(max_length=254, unique=True, verbose_name='e-mail')),
                ('name', models.CharField(blank=True, max_length=150)),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('is_staff', models.BooleanField(default=False, verbose_name='may open the admin')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
                ('kind', models.CharField(choices=[('person', 'Person'), ('service', 'Service')], default='person', editable=False, max_length=7)),
                ('token_version', models.PositiveBigIntegerField(default=1, editable=False)),
            ],
            options={
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('email'), name='user_email_unique'), models.CheckConstraint(condition=models.Q(('kind__in', ['person', 'service'])), name='user_kind_known')],
                'triggers': [pgtrigger.compiler.Trigger(name='history_insert', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "accounts_userevent" ("id", "is_superuser", "email", "name", "is_active", "is_staff", "kind", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT new_values."id", new_values."is_superuser", new_values."email", new_values."name", new_values."is_active", new_values."is_staff", new_values."kind", happened_at, \'insert\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM new_values ; RETURN NULL;', hash='9fd2a92121098f76940a4e735b568cd0abcb6b5e', level='STATEMENT', operation='INSERT', pgid='pgtrigger_history_insert_e218e', referencing='REFERENCING NEW TABLE AS new_values ', table='accounts_user', when='AFTER')), pgtrigger.compiler.Trigger(name='history_update', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "accounts_userevent" ("id", "is_superuser", "email", "name", "is_active", "is_staff", "kind", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT new_values."id", new_values."is_superuser", new_values."email", new_values."name", new_values."is_active", new_values."is_staff", new_values."kind", happened_at, \'update\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM new_values LEFT JOIN old_values ON (old_values."id") = (new_values."id") WHERE (old_values."email" IS DISTINCT FROM (new_values."email") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."is_active" IS DISTINCT FROM (new_values."is_active") OR old_values."is_staff" IS DISTINCT FROM (new_values."is_staff") OR old_values."is_superuser" IS DISTINCT FROM (new_values."is_superuser") OR old_values."kind" IS DISTINCT FROM (new_values."kind") OR old_values."name" IS DISTINCT FROM (new_values."name")); RETURN NULL;', hash='c4acb6b0f89407e3bb42839fc3c2d5831c99383d', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_history_update_e821b', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='accounts_user', when='AFTER')), pgtrigger.compiler.Trigger(name='history_delete', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "accounts_userevent" ("id", "is_superuser", "email", "name", "is_active", "is_staff", "kind", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT old_values."id", old_values."is_superuser", old_values."email", old_values."name", old_values."is_active", old_values."is_staff", old_values."kind", happened_at, \'delete\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM old_values ; RETURN NULL;', hash='3ea91de3d797bba8f15eaeae1041a1016b2280aa', level='STATEMENT', operation='DELETE', pgid='pgtrigger_history_delete_3f525', referencing='REFERENCING OLD TABLE AS old_values ', table='accounts_user', when='AFTER'))],
            },
        ),
        migrations.CreateModel(
            name='ApiKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(editable=False, max_length=16, unique=True)),
                ('name', models.CharField(help_text="What uses the key, such as 'nightly ERP export'.", max_length=100)),
                ('secret_hash', models.CharField(editable=False, max_length=64)),
                ('previous_hash', models.CharField(blank=True, editable=False, max_length=64)),
                ('previous_expires_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('permissions', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=150), blank=True, default=list, help_text='What the key may do, of what its owner may.', size=None)),
                ('rate_per_minute', models.PositiveIntegerField(blank=True, help_text='Blank: the limit of all keys.', null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('rotated_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('expires_at', models.DateTimeField()),
                ('last_used_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('created_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='api_keys', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'API key',
                'ordering': ['-id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('secret_hash', ''), _negated=True), name='api_key_secret_given'), models.CheckConstraint(condition=models.Q(('previous_hash', ''), ('previous_expires_at__isnull', False), _connector='OR'), name='api_key_overlap_ends'), models.CheckConstraint(condition=models.Q(('rate_per_minute', None), ('rate_per_minute__gte', 1), _connector='OR'), name='api_key_rate_positive')],
                'triggers': [pgtrigger.compiler.Trigger(name='history_insert', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "accounts_apikeyevent" ("id", "public_id", "owner_id", "name", "previous_expires_at", "permissions", "rate_per_minute", "created_by_id", "rotated_at", "expires_at", "revoked_at", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT new_values."id", new_values."public_id", new_values."owner_id", new_values."name", new_values."previous_expires_at", new_values."permissions", new_values."rate_per_minute", new_values."created_by_id", new_values."rotated_at", new_values."expires_at", new_values."revoked_at", happened_at, \'insert\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM new_values ; RETURN NULL;', hash='dab73ce7632aeaf3e39361c5461c5c557d8f9d82', level='STATEMENT', operation='INSERT', pgid='pgtrigger_history_insert_3eb3a', referencing='REFERENCING NEW TABLE AS new_values ', table='accounts_apikey', when='AFTER')), pgtrigger.compiler.Trigger(name='history_update', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "accounts_apikeyevent" ("id", "public_id", "owner_id", "name", "previous_expires_at", "permissions", "rate_per_minute", "created_by_id", "rotated_at", "expires_at", "revoked_at", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT new_values."id", new_values."public_id", new_values."owner_id", new_values."name", new_values."previous_expires_at", new_values."permissions", new_values."rate_per_minute", new_values."created_by_id", new_values."rotated_at", new_values."expires_at", new_values."revoked_at", happened_at, \'update\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM new_values LEFT JOIN old_values ON (old_values."id") = (new_values."id") WHERE (old_values."created_by_id" IS DISTINCT FROM (new_values."created_by_id") OR old_values."expires_at" IS DISTINCT FROM (new_values."expires_at") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."name" IS DISTINCT FROM (new_values."name") OR old_values."owner_id" IS DISTINCT FROM (new_values."owner_id") OR old_values."permissions" IS DISTINCT FROM (new_values."permissions") OR old_values."previous_expires_at" IS DISTINCT FROM (new_values."previous_expires_at") OR old_values."public_id" IS DISTINCT FROM (new_values."public_id") OR old_values."rate_per_minute" IS DISTINCT FROM (new_values."rate_per_minute") OR old_values."revoked_at" IS DISTINCT FROM (new_values."revoked_at") OR old_values."rotated_at" IS DISTINCT FROM (new_values."rotated_at")); RETURN NULL;', hash='970d96c1243886d63c03e9a5c4fd00e9818a9d4e', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_history_update_524aa', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='accounts_apikey', when='AFTER')), pgtrigger.compiler.Trigger(name='history_delete', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "accounts_apikeyevent" ("id", "public_id", "owner_id", "name", "previous_expires_at", "permissions", "rate_per_minute", "created_by_id", "rotated_at", "expires_at", "revoked_at", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT old_values."id", old_values."public_id", old_values."owner_id", old_values."name", old_values."previous_expires_at", old_values."permissions", old_values."rate_per_minute", old_values."created_by_id", old_values."rotated_at", old_values."expires_at", old_values."revoked_at", happened_at, \'delete\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM old_values ; RETURN NULL;', hash='6811ca02d14f97b37b6ae4127920884c7c8c6755', level='STATEMENT', operation='DELETE', pgid='pgtrigger_history_delete_389f5', referencing='REFERENCING OLD TABLE AS old_values ', table='accounts_apikey', when='AFTER'))],
            },
        ),
        migrations.CreateModel(
            name='KnownAddress',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account', models.CharField(max_length=64)),
                ('address', models.CharField(max_length=64)),
                ('seen_at', models.DateTimeField()),
            ],
            options={
                'verbose_name_plural': 'known addresses',
                'indexes': [models.Index(fields=['seen_at'], name='known_address_age')],
                'constraints': [models.UniqueConstraint(fields=('account', 'address'), name='known_address_unique')],
            },
        ),
        migrations.CreateModel(
            name='LimitBucket',
            fields=[
                ('key', models.CharField(max_length=200, primary_key=True, serialize=False)),
                ('hits', django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), default=list, help_text='Unix times, oldest first.', size=None)),
                ('expires_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['expires_at'], name='limit_bucket_expiry')],
            },
        ),
        migrations.CreateModel(
            name='OneTimeToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('socket_ticket', 'Socket Ticket'), ('mfa_challenge', 'Mfa Challenge'), ('totp_used', 'Totp Used')], max_length=16)),
                ('digest', models.CharField(max_length=64)),
                ('data', models.JSONField(blank=True, default=dict)),
                ('attempts_left', models.PositiveSmallIntegerField(default=1)),
                ('expires_at', models.DateTimeField()),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['expires_at'], name='one_time_token_expiry')],
                'constraints': [models.UniqueConstraint(fields=('digest', 'kind'), name='one_time_token_unique'), models.CheckConstraint(condition=models.Q(('kind__in', ['socket_ticket', 'mfa_challenge', 'totp_used'])), name='one_time_token_kind_known')],
            },
        ),
        migrations.CreateModel(
            name='SecurityEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('signed_in', 'Signed In'), ('sign_in_refused', 'Sign In Refused'), ('sign_in_limited', 'Sign In Limited'), ('second_factor_refused', 'Second Factor Refused'), ('refresh_reused', 'Refresh Reused'), ('family_ended', 'Family Ended'), ('access_ended', 'Access Ended'), ('key_created', 'Key Created'), ('key_changed', 'Key Changed'), ('key_rotated', 'Key Rotated'), ('key_revoked', 'Key Revoked')], max_length=24)),
                ('at', models.DateTimeField()),
                ('address', models.GenericIPAddressField(blank=True, null=True)),
                ('detail', models.JSONField(blank=True, default=dict)),
                ('actor', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('user', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['user', 'at'], name='security_event_of_user')],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['signed_in', 'sign_in_refused', 'sign_in_limited', 'second_factor_refused', 'refresh_reused', 'family_ended', 'access_ended', 'key_created', 'key_changed', 'key_rotated', 'key_revoked'])), name='security_event_kind_known')],
            },
        ),
        migrations.CreateModel(
            name='TokenFamily',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('generation', models.PositiveIntegerField(default=1)),
                ('second_factor', models.BooleanField(default=False, help_text='The sign-in was completed with a second factor.')),
                ('created_at', models.DateTimeField()),
                ('refreshed_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(help_text='When the newest refresh token ends.')),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('end_reason', models.CharField(blank=True, max_length=32)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='token_families', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'token families',
                'indexes': [models.Index(condition=models.Q(('ended_at', None)), fields=['user'], name='token_family_live'), models.Index(fields=['expires_at'], name='token_family_expiry')],
                'constraints': [models.CheckConstraint(condition=models.Q(('generation__gte', 1)), name='token_family_generation_positive')],
            },
        ),
        migrations.CreateModel(
            name='ApiKeyEvent',
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
                ('public_id', models.TextField(null=True)),
                ('owner', models.BigIntegerField(db_column='owner_id', null=True)),
                ('name', models.TextField(null=True)),
                ('previous_expires_at', models.DateTimeField(null=True)),
                ('permissions', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(null=True), null=True, size=None)),
                ('rate_per_minute', models.PositiveIntegerField(null=True)),
                ('created_by', models.BigIntegerField(db_column='created_by_id', null=True)),
                ('rotated_at', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField(null=True)),
                ('revoked_at', models.DateTimeField(null=True)),
            ],
            options={
                'abstract': False,
                'default_permissions': (),
                'indexes': [models.Index(fields=['id', 'pgh_id'], name='apikey_ev_row'), models.Index(condition=models.Q(('pgh_actor_id__isnull', False)), fields=['pgh_actor_id', 'pgh_created_at', 'pgh_id'], name='apikey_ev_actor'), models.Index(condition=models.Q(('pgh_request_id', ''), _negated=True), fields=['pgh_request_id'], name='apikey_ev_req'), models.Index(fields=['pgh_created_at', 'pgh_id'], name='apikey_ev_at')],
            },
        ),
        migrations.CreateModel(
            name='GroupEvent',
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
            ],
            options={
                'abstract': False,
                'default_permissions': (),
                'indexes': [models.Index(fields=['id', 'pgh_id'], name='group_ev_row'), models.Index(condition=models.Q(('pgh_actor_id__isnull', False)), fields=['pgh_actor_id', 'pgh_created_at', 'pgh_id'], name='group_ev_actor'), models.Index(condition=models.Q(('pgh_request_id', ''), _negated=True), fields=['pgh_request_id'], name='group_ev_req'), models.Index(fields=['pgh_created_at', 'pgh_id'], name='group_ev_at')],
            },
        ),
        migrations.CreateModel(
            name='GroupPermissionEvent',
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
                ('group', models.BigIntegerField(db_column='group_id', null=True)),
                ('permission', models.BigIntegerField(db_column='permission_id', null=True)),
            ],
            options={
                'abstract': False,
                'default_permissions': (),
                'indexes': [models.Index(fields=['id', 'pgh_id'], name='grouppermission_ev_row'), models.Index(condition=models.Q(('pgh_actor_id__isnull', False)), fields=['pgh_actor_id', 'pgh_created_at', 'pgh_id'], name='grouppermission_ev_actor'), models.Index(condition=models.Q(('pgh_request_id', ''), _negated=True), fields=['pgh_request_id'], name='grouppermission_ev_req'), models.Index(fields=['pgh_created_at', 'pgh_id'], name='grouppermission_ev_at')],
            },
        ),
        migrations.CreateModel(
            name='UserEvent',
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
                ('is_superuser', models.BooleanField(null=True)),
                ('email', models.TextField(null=True)),
                ('name', models.TextField(null=True)),
                ('is_active', models.BooleanField(null=True)),
                ('is_staff', models.BooleanField(null=True)),
                ('kind', models.TextField(null=True)),
            ],
            options={
                'abstract': False,
                'default_permissions': (),
                'indexes': [models.Index(fields=['id', 'pgh_id'], name='user_ev_row'), models.Index(condition=models.Q(('pgh_actor_id__isnull', False)), fields=['pgh_actor_id', 'pgh_created_at', 'pgh_id'], name='user_ev_actor'), models.Index(condition=models.Q(('pgh_request_id', ''), _negated=True), fields=['pgh_request_id'], name='user_ev_req'), models.Index(fields=['pgh_created_at', 'pgh_id'], name='user_ev_at')],
            },
        ),
        migrations.CreateModel(
            name='UserGroupEvent',
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
                ('user', models.BigIntegerField(db_column='user_id', null=True)),
                ('group', models.BigIntegerField(db_column='group_id', null=True)),
            ],
            options={
                'abstract': False,
                'default_permissions': (),
                'indexes': [models.Index(fields=['id', 'pgh_id'], name='usergroup_ev_row'), models.Index(condition=models.Q(('pgh_actor_id__isnull', False)), fields=['pgh_actor_id', 'pgh_created_at', 'pgh_id'], name='usergroup_ev_actor'), models.Index(condition=models.Q(('pgh_request_id', ''), _negated=True), fields=['pgh_request_id'], name='usergroup_ev_req'), models.Index(fields=['pgh_created_at', 'pgh_id'], name='usergroup_ev_at')],
            },
        ),
        migrations.CreateModel(
            name='UserPermissionEvent',
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
                ('user', models.BigIntegerField(db_column='user_id', null=True)),
                ('permission', models.BigIntegerField(db_column='permission_id', null=True)),
            ],
            options={
                'abstract': False,
                'default_permissions': (),
                'indexes': [models.Index(fields=['id', 'pgh_id'], name='userpermission_ev_row'), models.Index(condition=models.Q(('pgh_actor_id__isnull', False)), fields=['pgh_actor_id', 'pgh_created_at', 'pgh_id'], name='userpermission_ev_actor'), models.Index(condition=models.Q(('pgh_request_id', ''), _negated=True), fields=['pgh_request_id'], name='userpermission_ev_req'), models.Index(fields=['pgh_created_at', 'pgh_id'], name='userpermission_ev_at')],
            },
        ),
        migrations.CreateModel(
            name='GroupPermission',
            fields=[
            ],
            options={
                'verbose_name': 'permission of a group',
                'verbose_name_plural': 'permissions of groups',
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('auth.group_permissions',),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='grouppermission',
            trigger=pgtrigger.compiler.Trigger(name='history_insert', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "accounts_grouppermissionevent" ("id", "group_id", "permission_id", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT new_values."id", new_values."group_id", new_values."permission_id", happened_at, \'insert\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM new_values ; RETURN NULL;', hash='c45f7b7d123850562a7ebfafc56d3c82b5224a5b', level='STATEMENT', operation='INSERT', pgid='pgtrigger_history_insert_27e39', referencing='REFERENCING NEW TABLE AS new_values ', table='auth_group_permissions', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='grouppermission',
            trigger=pgtrigger.compiler.Trigger(name='history_update', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "accounts_grouppermissionevent" ("id", "group_id", "permission_id", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT new_values."id", new_values."group_id", new_values."permission_id", happened_at, \'update\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM new_values LEFT JOIN old_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*); RETURN NULL;', hash='574acd8b80271d3394730fdc704a6498d433cd04', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_history_update_81f95', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='auth_group_permissions', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='grouppermission',
            trigger=pgtrigger.compiler.Trigger(name='history_delete', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "accounts_grouppermissionevent" ("id", "group_id", "permission_id", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT old_values."id", old_values."group_id", old_values."permission_id", happened_at, \'delete\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM old_values ; RETURN NULL;', hash='6c7d237df6071dadee81239f65eedce48cef2e0a', level='STATEMENT', operation='DELETE', pgid='pgtrigger_history_delete_60e6e', referencing='REFERENCING OLD TABLE AS old_values ', table='auth_group_permissions', when='AFTER')),
        ),
        migrations.CreateModel(
            name='TrackedGroup',
            fields=[
            ],
            options={
                'verbose_name': 'group',
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('auth.group',),
            managers=[
                ('objects', django.contrib.auth.models.GroupManager()),
            ],
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='trackedgroup',
            trigger=pgtrigger.compiler.Trigger(name='history_insert', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "accounts_groupevent" ("id", "name", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT new_values."id", new_values."name", happened_at, \'insert\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM new_values ; RETURN NULL;', hash='ad2fe50400a5f95ce98ce254c74ebeeea2bb8ae2', level='STATEMENT', operation='INSERT', pgid='pgtrigger_history_insert_7cfd3', referencing='REFERENCING NEW TABLE AS new_values ', table='auth_group', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='trackedgroup',
            trigger=pgtrigger.compiler.Trigger(name='history_update', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "accounts_groupevent" ("id", "name", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT new_values."id", new_values."name", happened_at, \'update\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM new_values LEFT JOIN old_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*); RETURN NULL;', hash='44f764c4ffdd1db51a724925c53cfe627643ae87', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_history_update_38917', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='auth_group', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='trackedgroup',
            trigger=pgtrigger.compiler.Trigger(name='history_delete', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "accounts_groupevent" ("id", "name", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT old_values."id", old_values."name", happened_at, \'delete\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM old_values ; RETURN NULL;', hash='e3daade26fa87cdb2e75d6258b08998f165ab4b4', level='STATEMENT', operation='DELETE', pgid='pgtrigger_history_delete_685c7', referencing='REFERENCING OLD TABLE AS old_values ', table='auth_group', when='AFTER')),
        ),
        migrations.CreateModel(
            name='UserGroup',
            fields=[
            ],
            options={
                'verbose_name': 'role of a user',
                'verbose_name_plural': 'roles of users',
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('accounts.user_groups',),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='usergroup',
            trigger=pgtrigger.compiler.Trigger(name='history_insert', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "accounts_usergroupevent" ("id", "user_id", "group_id", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT new_values."id", new_values."user_id", new_values."group_id", happened_at, \'insert\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM new_values ; RETURN NULL;', hash='186acb68b1c9a4b74a847cd37172e309ab7c8ba2', level='STATEMENT', operation='INSERT', pgid='pgtrigger_history_insert_00970', referencing='REFERENCING NEW TABLE AS new_values ', table='accounts_user_groups', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='usergroup',
            trigger=pgtrigger.compiler.Trigger(name='history_update', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "accounts_usergroupevent" ("id", "user_id", "group_id", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT new_values."id", new_values."user_id", new_values."group_id", happened_at, \'update\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM new_values LEFT JOIN old_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*); RETURN NULL;', hash='10c8c2fc6a22d0b2e4458e70814a2eb9bfdd6e51', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_history_update_06002', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='accounts_user_groups', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='usergroup',
            trigger=pgtrigger.compiler.Trigger(name='history_delete', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "accounts_usergroupevent" ("id", "user_id", "group_id", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT old_values."id", old_values."user_id", old_values."group_id", happened_at, \'delete\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM old_values ; RETURN NULL;', hash='ed238846fc612702b8e8be0ae90b8302b5ec6ae6', level='STATEMENT', operation='DELETE', pgid='pgtrigger_history_delete_e50cf', referencing='REFERENCING OLD TABLE AS old_values ', table='accounts_user_groups', when='AFTER')),
        ),
        migrations.CreateModel(
            name='UserPermission',
            fields=[
            ],
            options={
                'verbose_name': 'permission of a user',
                'verbose_name_plural': 'permissions of users',
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('accounts.user_user_permissions',),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='userpermission',
            trigger=pgtrigger.compiler.Trigger(name='history_insert', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "accounts_userpermissionevent" ("id", "user_id", "permission_id", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT new_values."id", new_values."user_id", new_values."permission_id", happened_at, \'insert\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM new_values ; RETURN NULL;', hash='6d96e124b12481af3884c9fc6d7ac0942811a1a9', level='STATEMENT', operation='INSERT', pgid='pgtrigger_history_insert_02aa1', referencing='REFERENCING NEW TABLE AS new_values ', table='accounts_user_user_permissions', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='userpermission',
            trigger=pgtrigger.compiler.Trigger(name='history_update', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "accounts_userpermissionevent" ("id", "user_id", "permission_id", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT new_values."id", new_values."user_id", new_values."permission_id", happened_at, \'update\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM new_values LEFT JOIN old_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*); RETURN NULL;', hash='9ae630377cac5d35394c7e4c53bb37fc25719de1', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_history_update_4b399', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='accounts_user_user_permissions', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='userpermission',
            trigger=pgtrigger.compiler.Trigger(name='history_delete', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "accounts_userpermissionevent" ("id", "user_id", "permission_id", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT old_values."id", old_values."user_id", old_values."permission_id", happened_at, \'delete\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM old_values ; RETURN NULL;', hash='ce2c6c79b27398b87c5faccb904d3687d81c4ef3', level='STATEMENT', operation='DELETE', pgid='pgtrigger_history_delete_cbb2f', referencing='REFERENCING OLD TABLE AS old_values ', table='accounts_user_user_permissions', when='AFTER')),
        ),
        migrations.RunSQL(ON_USER + ON_GRANTS, BACK),
    ]
