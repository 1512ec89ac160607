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
        ('policies', '0001_initial'),
        ('vendors', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PlanRun',
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
                ('horizon_days', models.PositiveSmallIntegerField()),
                ('job', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='jobs.job')),
                ('policy_run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='policies.policyrun')),
                ('scenario', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='company.scenario')),
            ],
            options={
                'ordering': ['-id'],
                'permissions': [('run_cycle', 'Can start a planning cycle')],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='PlanDecision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('need_on', models.DateField()),
                ('decision', models.CharField(choices=[('approved', 'Approved'), ('rejected', 'Rejected'), ('snoozed', 'Snoozed'), ('edited', 'Edited')], max_length=8)),
                ('proposed_quantity', models.DecimalField(decimal_places=3, max_digits=15)),
                ('quantity', models.DecimalField(blank=True, decimal_places=3, help_text='What the planner set, where it differs.', max_digits=15, null=True)),
                ('snoozed_until', models.DateField(blank=True, null=True)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('run_id', models.PositiveBigIntegerField(help_text='The plan run whose proposal was decided.')),
                ('order_number', models.CharField(blank=True, help_text='Draft order that an approval made.', max_length=32)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('destination', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.location')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.item')),
                ('origin', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.location')),
                ('scenario', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='company.scenario')),
                ('supplier', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='vendors.supplier')),
            ],
            options={
                'ordering': ['-updated_at'],
                'permissions': [('decide', 'Can reject, snooze and edit proposals'), ('approve', 'Can approve proposals'), ('approve_over_limit', 'Can approve above the limit')],
                'constraints': [models.UniqueConstraint(fields=('scenario', 'item', 'destination', 'origin', 'supplier', 'need_on'), name='plan_decision_unique', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('decision__in', ['approved', 'rejected', 'snoozed', 'edited'])), name='plan_decision_decision_known'), models.CheckConstraint(condition=models.Q(models.Q(('origin__isnull', False), ('supplier__isnull', True)), models.Q(('origin__isnull', True), ('supplier__isnull', False)), _connector='OR'), name='plan_decision_one_source')],
            },
        ),
        CreatePartitionedModel(
            column='run_date',
            step='day',
            droppable=True,
            name='PlannedOrder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('run_date', models.DateField()),
                ('kind', models.CharField(choices=[('purchase', 'Purchase'), ('transfer', 'Transfer')], max_length=8)),
                ('source_id', models.PositiveBigIntegerField(help_text='Lane or supplier term that the order uses.')),
                ('quantity', models.DecimalField(decimal_places=3, max_digits=15)),
                ('unit_price', models.DecimalField(decimal_places=4, help_text='Company currency per stock unit.', max_digits=16, null=True)),
                ('value', models.DecimalField(decimal_places=4, help_text='Company currency.', max_digits=16)),
                ('release_on', models.DateField()),
                ('due_on', models.DateField()),
                ('need_on', models.DateField(help_text='The review day whose need the order covers; the period key of decisions.')),
                ('cost_of_inaction', models.DecimalField(decimal_places=4, default=0, help_text='Expected cost of not ordering, company currency.', max_digits=16)),
                ('reason', models.CharField(max_length=40)),
                ('trace', models.JSONField(default=dict)),
                ('item', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='inventory.item')),
                ('location', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='inventory.location')),
                ('origin', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='inventory.location')),
                ('supplier', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='vendors.supplier')),
                ('run', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='planning.planrun')),
            ],
            options={
                'verbose_name': 'planned order',
                'indexes': [models.Index(fields=['run', 'release_on', '-cost_of_inaction'], name='planned_order_worklist'), models.Index(fields=['run', 'supplier'], name='planned_order_by_supplier'), models.Index(fields=['run', 'item', 'location'], name='planned_order_by_item')],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['purchase', 'transfer'])), name='planned_order_kind_known'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'purchase'), ('origin__isnull', True), ('supplier__isnull', False)), models.Q(('kind', 'transfer'), ('origin__isnull', False), ('supplier__isnull', True)), _connector='OR'), name='planned_order_source_fits_kind'), models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='planned_order_quantity_positive')],
            },
        ),
        CreatePartitionedModel(
            column='run_date',
            step='day',
            droppable=True,
            name='PlanException',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('run_date', models.DateField()),
                ('kind', models.CharField(choices=[('stock_out', 'stocked out'), ('stock_out_risk', 'at risk'), ('late_order', 'late order'), ('overdue_receipt', 'overdue receipt'), ('source_short', 'source short'), ('excess', 'Excess'), ('cannot_plan', 'cannot plan'), ('horizon_too_short', 'horizon too short')], max_length=20)),
                ('due_on', models.DateField()),
                ('cost_of_inaction', models.DecimalField(decimal_places=4, default=0, help_text='Company currency.', max_digits=16)),
                ('message', models.TextField()),
                ('details', models.JSONField(default=dict)),
                ('item', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='inventory.item')),
                ('location', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='inventory.location')),
                ('run', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='planning.planrun')),
            ],
            options={
                'verbose_name': 'exception',
                'indexes': [models.Index(fields=['run', 'kind', '-cost_of_inaction'], name='plan_exception_ranked'), models.Index(fields=['run', 'item', 'location'], name='plan_exception_by_item')],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['stock_out', 'stock_out_risk', 'late_order', 'overdue_receipt', 'source_short', 'excess', 'cannot_plan', 'horizon_too_short'])), name='plan_exception_kind_known')],
            },
        ),
        CreatePartitionedModel(
            column='run_date',
            step='day',
            droppable=True,
            name='Pegging',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('run_date', models.DateField()),
                ('planned_order_id', models.PositiveBigIntegerField()),
                ('quantity', models.DecimalField(decimal_places=3, max_digits=15)),
                ('need_from', models.DateField()),
                ('need_to', models.DateField()),
                ('downstream_location', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='inventory.location')),
                ('item', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='inventory.item')),
                ('location', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='inventory.location')),
                ('run', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='planning.planrun')),
            ],
            options={
                'indexes': [models.Index(fields=['run', 'item', 'location'], name='pegging_by_item')],
            },
        ),
        CreatePartitionedModel(
            column='run_date',
            step='day',
            droppable=True,
            name='Projection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('run_date', models.DateField()),
                ('first_date', models.DateField()),
                ('on_hand_mean', django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), size=None)),
                ('on_hand_p10', django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), size=None)),
                ('on_hand_p90', django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), size=None)),
                ('on_hand_without_orders', django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), size=None)),
                ('item', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='inventory.item')),
                ('location', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='inventory.location')),
                ('run', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='planning.planrun')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('run', 'item', 'location', 'run_date'), name='projection_unique')],
            },
        ),
    ]
