import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import stocksense.audit.tracking
from django.conf import settings
from django.db import migrations, models

from stocksense.core.database.partitions import CreatePartitionedModel


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0001_partition_functions'),
        ('forecasting', '0002_row_history'),
        ('inventory', '0007_row_history'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DemandCorrection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('date', models.DateField(help_text='First day of the bucket.')),
                ('bucket_days', models.PositiveSmallIntegerField(editable=False)),
                ('kind', models.CharField(choices=[('outlier', 'Outlier'), ('stock_out', 'stock-out'), ('manual', 'Manual')], max_length=9)),
                ('quantity', models.DecimalField(decimal_places=3, help_text='Units added to what was recorded; below zero: taken away.', max_digits=15)),
                ('reason', models.CharField(max_length=200)),
                ('state', models.CharField(choices=[('proposed', 'Proposed'), ('applied', 'Applied'), ('undone', 'Undone')], default='applied', max_length=8)),
            ],
            options={
                'ordering': ['-date', 'id'],
            },
        ),
        migrations.CreateModel(
            name='DemandCorrectionEvent',
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
                ('item', models.BigIntegerField(db_column='item_id', null=True)),
                ('location', models.BigIntegerField(db_column='location_id', null=True)),
                ('date', models.DateField(null=True)),
                ('bucket_days', models.PositiveSmallIntegerField(null=True)),
                ('kind', models.TextField(null=True)),
                ('quantity', models.DecimalField(decimal_places=3, max_digits=15, null=True)),
                ('reason', models.TextField(null=True)),
                ('state', models.TextField(null=True)),
                ('author', models.BigIntegerField(db_column='author_id', null=True)),
            ],
            options={
                'abstract': False,
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='ItemAnalogue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('weight', models.DecimalField(decimal_places=3, default=1, help_text='Against the other analogues.', max_digits=7)),
                ('scale', models.DecimalField(decimal_places=4, default=1, help_text='Units of the item per unit of the analogue.', max_digits=9)),
            ],
            options={
                'ordering': ['item__sku', '-weight'],
            },
        ),
        migrations.CreateModel(
            name='ItemAnalogueEvent',
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
                ('item', models.BigIntegerField(db_column='item_id', null=True)),
                ('analogue', models.BigIntegerField(db_column='analogue_id', null=True)),
                ('weight', models.DecimalField(decimal_places=3, max_digits=7, null=True)),
                ('scale', models.DecimalField(decimal_places=4, max_digits=9, null=True)),
                ('chosen_by', models.BigIntegerField(db_column='chosen_by_id', null=True)),
            ],
            options={
                'abstract': False,
                'default_permissions': (),
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='demandevent',
            name='history_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='demandevent',
            name='history_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='demandevent',
            name='history_delete',
        ),
        migrations.RemoveConstraint(
            model_name='demandevent',
            name='demand_event_kind_known',
        ),
        migrations.RemoveConstraint(
            model_name='demandevent',
            name='demand_event_unique',
        ),
        migrations.AddField(
            model_name='demandevent',
            name='category',
            field=models.ForeignKey(blank=True, help_text='Instead of an item: all items in it and below it.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='inventory.category'),
        ),
        migrations.AddField(
            model_name='demandeventevent',
            name='category',
            field=models.BigIntegerField(db_column='category_id', null=True),
        ),
        migrations.AlterField(
            model_name='demandevent',
            name='item',
            field=models.ForeignKey(blank=True, help_text='Blank: every item (of the category, where one is given).', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='events', to='inventory.item'),
        ),
        migrations.AlterField(
            model_name='demandevent',
            name='kind',
            field=models.CharField(choices=[('price_cut', 'price cut'), ('price_change', 'price change'), ('promotion', 'Promotion'), ('feature', 'Feature'), ('display', 'Display'), ('holiday', 'Holiday'), ('closure', 'Closure'), ('other', 'Other')], max_length=12),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='demandevent',
            trigger=pgtrigger.compiler.Trigger(name='history_insert', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "forecasting_demandeventevent" ("id", "kind", "item_id", "category_id", "location_id", "start_date", "end_date", "price", "label", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT new_values."id", new_values."kind", new_values."item_id", new_values."category_id", new_values."location_id", new_values."start_date", new_values."end_date", new_values."price", new_values."label", happened_at, \'insert\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM new_values ; RETURN NULL;', hash='836438fe1c80f4be495040d5426db0ee388201b1', level='STATEMENT', operation='INSERT', pgid='pgtrigger_history_insert_6bde7', referencing='REFERENCING NEW TABLE AS new_values ', table='forecasting_demandevent', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='demandevent',
            trigger=pgtrigger.compiler.Trigger(name='history_update', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "forecasting_demandeventevent" ("id", "kind", "item_id", "category_id", "location_id", "start_date", "end_date", "price", "label", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT new_values."id", new_values."kind", new_values."item_id", new_values."category_id", new_values."location_id", new_values."start_date", new_values."end_date", new_values."price", new_values."label", happened_at, \'update\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM new_values LEFT JOIN old_values ON (old_values."id") = (new_values."id") WHERE (old_values."category_id" IS DISTINCT FROM (new_values."category_id") OR old_values."end_date" IS DISTINCT FROM (new_values."end_date") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."item_id" IS DISTINCT FROM (new_values."item_id") OR old_values."kind" IS DISTINCT FROM (new_values."kind") OR old_values."label" IS DISTINCT FROM (new_values."label") OR old_values."location_id" IS DISTINCT FROM (new_values."location_id") OR old_values."price" IS DISTINCT FROM (new_values."price") OR old_values."start_date" IS DISTINCT FROM (new_values."start_date")); RETURN NULL;', hash='1298027e3cab8e43221a9369976bad0e1c1235ac', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_history_update_34852', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='forecasting_demandevent', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='demandevent',
            trigger=pgtrigger.compiler.Trigger(name='history_delete', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "forecasting_demandeventevent" ("id", "kind", "item_id", "category_id", "location_id", "start_date", "end_date", "price", "label", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT old_values."id", old_values."kind", old_values."item_id", old_values."category_id", old_values."location_id", old_values."start_date", old_values."end_date", old_values."price", old_values."label", happened_at, \'delete\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM old_values ; RETURN NULL;', hash='0ae92d6e27f55c22741bb5fb9f73ffcba0ee1617', level='STATEMENT', operation='DELETE', pgid='pgtrigger_history_delete_e6310', referencing='REFERENCING OLD TABLE AS old_values ', table='forecasting_demandevent', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='demandevent',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['price_cut', 'price_change', 'promotion', 'feature', 'display', 'holiday', 'closure', 'other'])), name='demand_event_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='demandevent',
            constraint=models.UniqueConstraint(fields=('kind', 'item', 'category', 'location', 'start_date'), name='demand_event_unique', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='demandevent',
            constraint=models.CheckConstraint(condition=models.Q(('item__isnull', True), ('category__isnull', True), _connector='OR'), name='demand_event_item_or_category'),
        ),
        migrations.AddField(
            model_name='demandcorrection',
            name='author',
            field=models.ForeignKey(blank=True, help_text='Who said so; blank: the system.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='demandcorrection',
            name='item',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='inventory.item'),
        ),
        migrations.AddField(
            model_name='demandcorrection',
            name='location',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='inventory.location'),
        ),
        migrations.AddIndex(
            model_name='demandcorrectionevent',
            index=models.Index(fields=['id', 'pgh_id'], name='demandcorrection_ev_row'),
        ),
        migrations.AddIndex(
            model_name='demandcorrectionevent',
            index=models.Index(condition=models.Q(('pgh_actor_id__isnull', False)), fields=['pgh_actor_id', 'pgh_created_at', 'pgh_id'], name='demandcorrection_ev_actor'),
        ),
        migrations.AddIndex(
            model_name='demandcorrectionevent',
            index=models.Index(condition=models.Q(('pgh_request_id', ''), _negated=True), fields=['pgh_request_id'], name='demandcorrection_ev_req'),
        ),
        migrations.AddIndex(
            model_name='demandcorrectionevent',
            index=models.Index(fields=['pgh_created_at', 'pgh_id'], name='demandcorrection_ev_at'),
        ),
        migrations.AddField(
            model_name='itemanalogue',
            name='analogue',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='inventory.item'),
        ),
        migrations.AddField(
            model_name='itemanalogue',
            name='chosen_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='itemanalogue',
            name='item',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='analogues', to='inventory.item'),
        ),
        migrations.AddIndex(
            model_name='itemanalogueevent',
            index=models.Index(fields=['id', 'pgh_id'], name='itemanalogue_ev_row'),
        ),
        migrations.AddIndex(
            model_name='itemanalogueevent',
            index=models.Index(condition=models.Q(('pgh_actor_id__isnull', False)), fields=['pgh_actor_id', 'pgh_created_at', 'pgh_id'], name='itemanalogue_ev_actor'),
        ),
        migrations.AddIndex(
            model_name='itemanalogueevent',
            index=models.Index(condition=models.Q(('pgh_request_id', ''), _negated=True), fields=['pgh_request_id'], name='itemanalogue_ev_req'),
        ),
        migrations.AddIndex(
            model_name='itemanalogueevent',
            index=models.Index(fields=['pgh_created_at', 'pgh_id'], name='itemanalogue_ev_at'),
        ),
        migrations.AddIndex(
            model_name='demandcorrection',
            index=models.Index(fields=['location', 'item', 'date'], name='demand_correction_place'),
        ),
        migrations.AddIndex(
            model_name='demandcorrection',
            index=models.Index(fields=['kind', 'state', '-date', 'id'], name='demand_correction_kind'),
        ),
        migrations.AddConstraint(
            model_name='demandcorrection',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['outlier', 'stock_out', 'manual'])), name='demand_correction_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='demandcorrection',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['proposed', 'applied', 'undone'])), name='demand_correction_state_known'),
        ),
        migrations.AddConstraint(
            model_name='demandcorrection',
            constraint=models.UniqueConstraint(fields=('item', 'location', 'date', 'bucket_days', 'kind'), name='demand_correction_unique'),
        ),
        migrations.AddConstraint(
            model_name='demandcorrection',
            constraint=models.CheckConstraint(condition=models.Q(('quantity', 0), _negated=True), name='demand_correction_quantity_not_zero'),
        ),
        migrations.AddConstraint(
            model_name='demandcorrection',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'manual'), _negated=True), ('author__isnull', False), _connector='OR'), name='demand_correction_manual_has_author'),
        ),
        migrations.AddConstraint(
            model_name='demandcorrection',
            constraint=models.CheckConstraint(condition=models.Q(('bucket_days__gt', 0)), name='demand_correction_bucket_days_positive'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='demandcorrection',
            trigger=pgtrigger.compiler.Trigger(name='history_insert', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "forecasting_demandcorrectionevent" ("id", "item_id", "location_id", "date", "bucket_days", "kind", "quantity", "reason", "state", "author_id", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT new_values."id", new_values."item_id", new_values."location_id", new_values."date", new_values."bucket_days", new_values."kind", new_values."quantity", new_values."reason", new_values."state", new_values."author_id", happened_at, \'insert\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM new_values ; RETURN NULL;', hash='da2e81e5c8cb3a1aef2f3f16492b93a60cba5cf3', level='STATEMENT', operation='INSERT', pgid='pgtrigger_history_insert_098b9', referencing='REFERENCING NEW TABLE AS new_values ', table='forecasting_demandcorrection', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='demandcorrection',
            trigger=pgtrigger.compiler.Trigger(name='history_update', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "forecasting_demandcorrectionevent" ("id", "item_id", "location_id", "date", "bucket_days", "kind", "quantity", "reason", "state", "author_id", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT new_values."id", new_values."item_id", new_values."location_id", new_values."date", new_values."bucket_days", new_values."kind", new_values."quantity", new_values."reason", new_values."state", new_values."author_id", happened_at, \'update\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM new_values LEFT JOIN old_values ON (old_values."id") = (new_values."id") WHERE (old_values."author_id" IS DISTINCT FROM (new_values."author_id") OR old_values."bucket_days" IS DISTINCT FROM (new_values."bucket_days") OR old_values."date" IS DISTINCT FROM (new_values."date") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."item_id" IS DISTINCT FROM (new_values."item_id") OR old_values."kind" IS DISTINCT FROM (new_values."kind") OR old_values."location_id" IS DISTINCT FROM (new_values."location_id") OR old_values."quantity" IS DISTINCT FROM (new_values."quantity") OR old_values."reason" IS DISTINCT FROM (new_values."reason") OR old_values."state" IS DISTINCT FROM (new_values."state")); RETURN NULL;', hash='4441534882532c8af7235e44e02eaa97943287a9', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_history_update_ca265', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='forecasting_demandcorrection', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='demandcorrection',
            trigger=pgtrigger.compiler.Trigger(name='history_delete', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "forecasting_demandcorrectionevent" ("id", "item_id", "location_id", "date", "bucket_days", "kind", "quantity", "reason", "state", "author_id", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT old_values."id", old_values."item_id", old_values."location_id", old_values."date", old_values."bucket_days", old_values."kind", old_values."quantity", old_values."reason", old_values."state", old_values."author_id", happened_at, \'delete\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM old_values ; RETURN NULL;', hash='4a2f1693f362c2dc70ccd3060a6b0f909fd648e3', level='STATEMENT', operation='DELETE', pgid='pgtrigger_history_delete_ea75d', referencing='REFERENCING OLD TABLE AS old_values ', table='forecasting_demandcorrection', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='itemanalogue',
            constraint=models.UniqueConstraint(fields=('item', 'analogue'), name='item_analogue_unique'),
        ),
        migrations.AddConstraint(
            model_name='itemanalogue',
            constraint=models.CheckConstraint(condition=models.Q(('item', models.F('analogue')), _negated=True), name='item_analogue_other', violation_error_message='An item is no analogue of itself.'),
        ),
        migrations.AddConstraint(
            model_name='itemanalogue',
            constraint=models.CheckConstraint(condition=models.Q(('weight__gt', 0)), name='item_analogue_weight_positive'),
        ),
        migrations.AddConstraint(
            model_name='itemanalogue',
            constraint=models.CheckConstraint(condition=models.Q(('scale__gt', 0)), name='item_analogue_scale_positive'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='itemanalogue',
            trigger=pgtrigger.compiler.Trigger(name='history_insert', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "forecasting_itemanalogueevent" ("id", "item_id", "analogue_id", "weight", "scale", "chosen_by_id", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT new_values."id", new_values."item_id", new_values."analogue_id", new_values."weight", new_values."scale", new_values."chosen_by_id", happened_at, \'insert\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM new_values ; RETURN NULL;', hash='578c65c35ff55919b199a4a3bbb3170a4f9f351e', level='STATEMENT', operation='INSERT', pgid='pgtrigger_history_insert_84c2c', referencing='REFERENCING NEW TABLE AS new_values ', table='forecasting_itemanalogue', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='itemanalogue',
            trigger=pgtrigger.compiler.Trigger(name='history_update', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "forecasting_itemanalogueevent" ("id", "item_id", "analogue_id", "weight", "scale", "chosen_by_id", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT new_values."id", new_values."item_id", new_values."analogue_id", new_values."weight", new_values."scale", new_values."chosen_by_id", happened_at, \'update\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM new_values LEFT JOIN old_values ON (old_values."id") = (new_values."id") WHERE (old_values."analogue_id" IS DISTINCT FROM (new_values."analogue_id") OR old_values."chosen_by_id" IS DISTINCT FROM (new_values."chosen_by_id") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."item_id" IS DISTINCT FROM (new_values."item_id") OR old_values."scale" IS DISTINCT FROM (new_values."scale") OR old_values."weight" IS DISTINCT FROM (new_values."weight")); RETURN NULL;', hash='53ef6cec97d14f672d6ea32252fbf8f194ec92d8', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_history_update_ade89', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='forecasting_itemanalogue', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='itemanalogue',
            trigger=pgtrigger.compiler.Trigger(name='history_delete', sql=stocksense.audit.tracking.HistoryTriggerSql(declare="DECLARE happened_at timestamptz := clock_timestamp(); _pgh_actor_id bigint := NULLIF(current_setting('stocksense.actor_id', true), '')::bigint; _pgh_actor text := COALESCE(current_setting('stocksense.actor', true), ''); _pgh_request_id text := COALESCE(current_setting('stocksense.request_id', true), ''); _pgh_channel text := COALESCE(current_setting('stocksense.channel', true), ''); _pgh_reason text := COALESCE(current_setting('stocksense.reason', true), ''); _pgh_role text := session_user::text;", func='INSERT INTO "forecasting_itemanalogueevent" ("id", "item_id", "analogue_id", "weight", "scale", "chosen_by_id", "pgh_created_at", "pgh_label", "pgh_id", "pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role") SELECT old_values."id", old_values."item_id", old_values."analogue_id", old_values."weight", old_values."scale", old_values."chosen_by_id", happened_at, \'delete\', nextval(\'audit_event_number\'), _pgh_actor_id, _pgh_actor, _pgh_request_id, _pgh_channel, _pgh_reason, _pgh_role FROM old_values ; RETURN NULL;', hash='bbc35bf04710e4a5bf316a37fc1cba5fe3eedc81', level='STATEMENT', operation='DELETE', pgid='pgtrigger_history_delete_e3985', referencing='REFERENCING OLD TABLE AS old_values ', table='forecasting_itemanalogue', when='AFTER')),
        ),
        CreatePartitionedModel(
            column='run_date',
            step='day',
            droppable=True,
            name='ForecastAggregate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('run_date', models.DateField()),
                ('level', models.CharField(choices=[('total', 'everything'), ('category', 'Category'), ('region', 'Region'), ('location', 'Location')], max_length=8)),
                ('region', models.CharField(blank=True, max_length=120)),
                ('series', models.PositiveIntegerField(help_text='Item-locations that it sums up.')),
                ('first_date', models.DateField()),
                ('mean', django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), size=None)),
                ('quantiles', django.contrib.postgres.fields.ArrayField(base_field=django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), size=None), size=None)),
                ('scores', models.JSONField(default=dict, help_text="Back-test scores of the total's own forecast.")),
                ('category', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='inventory.category')),
                ('location', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='inventory.location')),
                ('run', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='forecasting.forecastrun')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('run', 'level', 'category', 'region', 'location', 'run_date'), name='forecast_aggregate_unique', nulls_distinct=False)],
            },
        ),
    ]
