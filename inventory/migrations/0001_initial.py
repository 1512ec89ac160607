import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import stocksense.company.models
from django.conf import settings
from django.db import migrations, models

from stocksense.core.database.partitions import CreatePartitionedModel


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('core', '0001_partition_functions'),
        ('company', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ItemLocation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('active_from', models.DateField(blank=True, null=True)),
                ('active_to', models.DateField(blank=True, null=True)),
                ('method', models.CharField(blank=True, choices=[('rss', 'review, s and S from the forecast'), ('min_max', 'fixed minimum and maximum'), ('none', 'not planned')], max_length=8)),
                ('review_days', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1)])),
                ('order_weekdays', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), blank=True, default=list, help_text='0 = Monday … 6 = Sunday.', size=None)),
                ('min_quantity', models.DecimalField(blank=True, decimal_places=3, max_digits=15, null=True)),
                ('max_quantity', models.DecimalField(blank=True, decimal_places=3, max_digits=15, null=True)),
                ('safety_stock', models.DecimalField(blank=True, decimal_places=3, max_digits=15, null=True)),
                ('service_target', models.DecimalField(blank=True, decimal_places=4, max_digits=5, null=True)),
            ],
            options={
                'ordering': ['item__sku', 'location__code'],
            },
        ),
        migrations.CreateModel(
            name='Category',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('name', models.CharField(max_length=120)),
                ('path', models.CharField(max_length=600, unique=True)),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='inventory.category')),
            ],
            options={
                'verbose_name_plural': 'categories',
                'ordering': ['path'],
            },
        ),
        migrations.CreateModel(
            name='Item',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('sku', models.CharField(max_length=64, unique=True, verbose_name='SKU')),
                ('name', models.CharField(blank=True, max_length=200)),
                ('uom', models.CharField(default='pcs', max_length=16, verbose_name='stock unit')),
                ('uom_decimals', models.PositiveSmallIntegerField(default=0, validators=[django.core.validators.MaxValueValidator(3)], verbose_name='decimals of the unit')),
                ('unit_cost', models.DecimalField(blank=True, decimal_places=4, help_text='Company currency per stock unit.', max_digits=16, null=True)),
                ('unit_price', models.DecimalField(blank=True, decimal_places=4, help_text='Selling price, company currency per stock unit.', max_digits=16, null=True)),
                ('unit_volume_m3', models.DecimalField(blank=True, decimal_places=6, max_digits=14, null=True, verbose_name='unit volume (m³)')),
                ('unit_weight_kg', models.DecimalField(blank=True, decimal_places=6, max_digits=14, null=True, verbose_name='unit weight (kg)')),
                ('shelf_life_days', models.PositiveIntegerField(blank=True, null=True)),
                ('status', models.CharField(choices=[('active', 'Active'), ('phase_out', 'phasing out'), ('ended', 'Ended')], default='active', max_length=9)),
                ('active_from', models.DateField(blank=True, null=True)),
                ('active_to', models.DateField(blank=True, null=True)),
                ('category', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='items', to='inventory.category')),
                ('successor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='predecessors', to='inventory.item')),
            ],
            options={
                'ordering': ['sku'],
            },
        ),
        migrations.CreateModel(
            name='ItemLocationState',
            fields=[
                ('item_location', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='state', serialize=False, to='inventory.itemlocation')),
                ('backorders', models.DecimalField(decimal_places=3, default=0, max_digits=15)),
                ('stock_as_of', models.DateField(blank=True, null=True)),
                ('change_counter', models.PositiveBigIntegerField(default=0)),
            ],
        ),
        migrations.AddField(
            model_name='itemlocation',
            name='item',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='item_locations', to='inventory.item'),
        ),
        migrations.CreateModel(
            name='Location',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('code', models.CharField(max_length=64, unique=True)),
                ('name', models.CharField(blank=True, max_length=200)),
                ('kind', models.CharField(choices=[('store', 'Store'), ('dc', 'distribution centre'), ('warehouse', 'Warehouse')], default='store', max_length=9)),
                ('region', models.CharField(blank=True, max_length=120)),
                ('storage_capacity_m3', models.DecimalField(blank=True, decimal_places=3, max_digits=14, null=True, verbose_name='storage capacity (m³)')),
                ('time_zone', models.CharField(blank=True, help_text="Blank: the company's.", max_length=64, validators=[stocksense.company.models.validate_time_zone])),
                ('unmet_demand', models.CharField(blank=True, choices=[('lost', 'Lost'), ('backordered', 'Backordered')], help_text='Blank: lost at stores, backordered elsewhere.', max_length=11)),
                ('backorder_cost_per_day', models.DecimalField(blank=True, decimal_places=4, help_text='Per unit short and day, company currency.', max_digits=16, null=True)),
                ('calendar', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='company.calendar')),
            ],
            options={
                'ordering': ['code'],
            },
        ),
        migrations.CreateModel(
            name='Lane',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('lead_time_days', models.DecimalField(blank=True, decimal_places=2, max_digits=6, null=True)),
                ('lead_time_sd_days', models.DecimalField(blank=True, decimal_places=2, max_digits=6, null=True)),
                ('min_quantity', models.DecimalField(blank=True, decimal_places=3, max_digits=15, null=True)),
                ('order_multiple', models.DecimalField(blank=True, decimal_places=3, max_digits=15, null=True)),
                ('cost_per_unit', models.DecimalField(blank=True, decimal_places=4, max_digits=16, null=True)),
                ('cost_per_shipment', models.DecimalField(blank=True, decimal_places=4, max_digits=16, null=True)),
                ('priority', models.PositiveSmallIntegerField(default=1, help_text='1 is used first.')),
                ('is_active', models.BooleanField(default=True, help_text='Ended lanes are kept for history.', verbose_name='active')),
                ('calendar', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='company.calendar')),
                ('item', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='lanes', to='inventory.item')),
                ('destination', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lanes_in', to='inventory.location')),
                ('origin', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lanes_out', to='inventory.location')),
            ],
            options={
                'ordering': ['origin__code', 'destination__code'],
            },
        ),
        migrations.AddField(
            model_name='itemlocation',
            name='location',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='item_locations', to='inventory.location'),
        ),
        CreatePartitionedModel(
            column='date',
            step='year',
            name='Demand',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('date', models.DateField(help_text='First local day of the bucket.')),
                ('bucket_days', models.PositiveSmallIntegerField()),
                ('quantity', models.DecimalField(decimal_places=3, max_digits=15)),
                ('returned_quantity', models.DecimalField(decimal_places=3, default=0, max_digits=15)),
                ('price', models.DecimalField(blank=True, decimal_places=4, max_digits=16, null=True)),
                ('in_stock', models.BooleanField(default=True, help_text='False: sold out in this bucket, so demand was at least this.')),
                ('promotion', models.CharField(blank=True, max_length=64)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.item')),
                ('location', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.location')),
            ],
            options={
                'verbose_name_plural': 'demand',
            },
        ),
        migrations.CreateModel(
            name='MovementKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(max_length=64)),
                ('key', models.CharField(max_length=200)),
                ('moved_on', models.DateField()),
                ('recorded_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('source', 'key'), name='movement_key_unique')],
            },
        ),
        migrations.CreateModel(
            name='SalesOrderLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('source_system', models.CharField(blank=True, max_length=64)),
                ('external_number', models.CharField(max_length=64)),
                ('line', models.CharField(default='1', max_length=32)),
                ('schedule', models.CharField(default='1', max_length=32)),
                ('quantity', models.DecimalField(decimal_places=3, max_digits=15)),
                ('delivered_quantity', models.DecimalField(decimal_places=3, default=0, max_digits=15)),
                ('ordered_on', models.DateField(blank=True, null=True)),
                ('requested_on', models.DateField(blank=True, null=True)),
                ('promised_on', models.DateField(blank=True, null=True)),
                ('is_open', models.BooleanField(default=True, verbose_name='open')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.item')),
                ('location', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.location')),
            ],
        ),
        migrations.CreateModel(
            name='ScheduledReceipt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('purchase', 'Purchase'), ('transfer', 'Transfer')], max_length=8)),
                ('schedule_id', models.PositiveBigIntegerField(help_text='Row of the purchase or transfer order schedule.')),
                ('quantity', models.DecimalField(decimal_places=3, help_text='Open quantity, stock unit.', max_digits=15)),
                ('due_on', models.DateField(help_text='Promised date, else requested.')),
                ('is_shipped', models.BooleanField(default=False)),
                ('is_draft', models.BooleanField(default=False, help_text='Not yet sent: it counts as supply and can still be cancelled.')),
                ('order_number', models.CharField(max_length=64)),
                ('unit_cost', models.DecimalField(blank=True, decimal_places=4, max_digits=16, null=True)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.item')),
                ('location', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='scheduled_receipts', to='inventory.location')),
                ('origin', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.location')),
            ],
        ),
        migrations.CreateModel(
            name='StockBalance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('lot', models.CharField(blank=True, default='', help_text='Blank is the default lot.', max_length=64)),
                ('status', models.CharField(choices=[('available', 'Available'), ('blocked', 'Blocked')], default='available', max_length=9)),
                ('quantity', models.DecimalField(decimal_places=3, default=0, max_digits=15)),
                ('allocated', models.DecimalField(decimal_places=3, default=0, max_digits=15)),
                ('expires_on', models.DateField(blank=True, null=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='balances', to='inventory.item')),
                ('location', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='balances', to='inventory.location')),
            ],
        ),
        CreatePartitionedModel(
            column='moved_on',
            step='month',
            name='StockMovement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('lot', models.CharField(blank=True, default='', max_length=64)),
                ('status', models.CharField(choices=[('available', 'Available'), ('blocked', 'Blocked')], default='available', max_length=9)),
                ('kind', models.CharField(choices=[('count', 'Count'), ('receipt', 'Receipt'), ('sale', 'Sale'), ('customer_return', 'Customer Return'), ('transfer_out', 'Transfer Out'), ('transfer_in', 'Transfer In'), ('adjustment', 'Adjustment'), ('scrap', 'Scrap')], max_length=16)),
                ('quantity', models.DecimalField(decimal_places=3, max_digits=15)),
                ('balance_after', models.DecimalField(decimal_places=3, max_digits=15)),
                ('unit_cost', models.DecimalField(blank=True, decimal_places=4, max_digits=16, null=True)),
                ('moved_at', models.DateTimeField()),
                ('moved_on', models.DateField(help_text="The location's local day of `moved_at`; the partition key.")),
                ('reference', models.CharField(blank=True, help_text='Order, count or document behind the movement.', max_length=100)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('recorded_at', models.DateTimeField(auto_now_add=True)),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.item')),
                ('location', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.location')),
            ],
            options={
                'ordering': ['-moved_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='TransferOrder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('number', models.CharField(max_length=32, unique=True)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('approved', 'Approved'), ('shipped', 'Shipped'), ('received', 'Received'), ('cancelled', 'Cancelled')], default='draft', max_length=9)),
                ('source_system', models.CharField(blank=True, max_length=64)),
                ('external_number', models.CharField(blank=True, max_length=64)),
                ('plan_run_id', models.PositiveBigIntegerField(blank=True, null=True)),
                ('ordered_on', models.DateField(blank=True, null=True)),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('destination', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='transfers_in', to='inventory.location')),
                ('origin', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='transfers_out', to='inventory.location')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='TransferOrderLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=32)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.item')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='inventory.transferorder')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='TransferOrderSchedule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(default='1', max_length=32)),
                ('quantity', models.DecimalField(decimal_places=3, max_digits=15)),
                ('shipped_quantity', models.DecimalField(decimal_places=3, default=0, max_digits=15)),
                ('received_quantity', models.DecimalField(decimal_places=3, default=0, max_digits=15)),
                ('release_on', models.DateField(blank=True, null=True)),
                ('requested_on', models.DateField(blank=True, null=True)),
                ('promised_on', models.DateField(blank=True, null=True)),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='schedules', to='inventory.transferorderline')),
            ],
            options={
                'ordering': ['id'],
                'abstract': False,
            },
        ),
        migrations.AddConstraint(
            model_name='item',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['active', 'phase_out', 'ended'])), name='item_status_known'),
        ),
        migrations.AddConstraint(
            model_name='item',
            constraint=models.CheckConstraint(condition=models.Q(('unit_cost__gte', 0)), name='item_unit_cost_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='item',
            constraint=models.CheckConstraint(condition=models.Q(('unit_price__gte', 0)), name='item_unit_price_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='item',
            constraint=models.CheckConstraint(condition=models.Q(('unit_volume_m3__gte', 0)), name='item_unit_volume_m3_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='item',
            constraint=models.CheckConstraint(condition=models.Q(('unit_weight_kg__gte', 0)), name='item_unit_weight_kg_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='item',
            constraint=models.CheckConstraint(condition=models.Q(('uom_decimals__lte', 3)), name='item_uom_decimals_known'),
        ),
        migrations.AddConstraint(
            model_name='item',
            constraint=models.CheckConstraint(condition=models.Q(('active_to__gte', models.F('active_from'))), name='item_active_span_ordered'),
        ),
        migrations.AddConstraint(
            model_name='item',
            constraint=models.CheckConstraint(condition=models.Q(('successor', models.F('id')), _negated=True), name='item_successor_other'),
        ),
        migrations.AddConstraint(
            model_name='itemlocationstate',
            constraint=models.CheckConstraint(condition=models.Q(('backorders__gte', 0)), name='item_location_state_backorders_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='location',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['store', 'dc', 'warehouse'])), name='location_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='location',
            constraint=models.CheckConstraint(condition=models.Q(('storage_capacity_m3__gte', 0)), name='location_storage_capacity_m3_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='location',
            constraint=models.CheckConstraint(condition=models.Q(('backorder_cost_per_day__gte', 0)), name='location_backorder_cost_per_day_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='lane',
            constraint=models.UniqueConstraint(fields=('origin', 'destination', 'item'), name='lane_unique', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='lane',
            constraint=models.CheckConstraint(condition=models.Q(('origin', models.F('destination')), _negated=True), name='lane_ends_differ'),
        ),
        migrations.AddConstraint(
            model_name='lane',
            constraint=models.CheckConstraint(condition=models.Q(('lead_time_days__gte', 0)), name='lane_lead_time_days_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='lane',
            constraint=models.CheckConstraint(condition=models.Q(('lead_time_sd_days__gte', 0)), name='lane_lead_time_sd_days_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='lane',
            constraint=models.CheckConstraint(condition=models.Q(('min_quantity__gte', 0)), name='lane_min_quantity_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='lane',
            constraint=models.CheckConstraint(condition=models.Q(('cost_per_unit__gte', 0)), name='lane_cost_per_unit_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='lane',
            constraint=models.CheckConstraint(condition=models.Q(('cost_per_shipment__gte', 0)), name='lane_cost_per_shipment_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='lane',
            constraint=models.CheckConstraint(condition=models.Q(('order_multiple__gt', 0)), name='lane_order_multiple_positive'),
        ),
        migrations.AddIndex(
            model_name='itemlocation',
            index=models.Index(fields=['location', 'item'], name='item_location_by_location'),
        ),
        migrations.AddConstraint(
            model_name='itemlocation',
            constraint=models.UniqueConstraint(fields=('item', 'location'), name='item_location_unique'),
        ),
        migrations.AddConstraint(
            model_name='itemlocation',
            constraint=models.CheckConstraint(condition=models.Q(('method__in', ['', 'rss', 'min_max', 'none'])), name='item_location_method_known'),
        ),
        migrations.AddConstraint(
            model_name='itemlocation',
            constraint=models.CheckConstraint(condition=models.Q(('service_target__gt', 0), ('service_target__lt', 1)), name='item_location_service_in_range'),
        ),
        migrations.AddConstraint(
            model_name='itemlocation',
            constraint=models.CheckConstraint(condition=models.Q(('max_quantity__gte', models.F('min_quantity'))), name='item_location_max_above_min'),
        ),
        migrations.AddConstraint(
            model_name='itemlocation',
            constraint=models.CheckConstraint(condition=models.Q(('active_to__gte', models.F('active_from'))), name='item_location_active_span_ordered'),
        ),
        migrations.AddConstraint(
            model_name='itemlocation',
            constraint=models.CheckConstraint(condition=models.Q(('order_weekdays__contained_by', [0, 1, 2, 3, 4, 5, 6])), name='item_location_order_weekdays_known'),
        ),
        migrations.AddConstraint(
            model_name='itemlocation',
            constraint=models.CheckConstraint(condition=models.Q(('min_quantity__gte', 0)), name='item_location_min_quantity_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='itemlocation',
            constraint=models.CheckConstraint(condition=models.Q(('max_quantity__gte', 0)), name='item_location_max_quantity_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='itemlocation',
            constraint=models.CheckConstraint(condition=models.Q(('safety_stock__gte', 0)), name='item_location_safety_stock_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='itemlocation',
            constraint=models.CheckConstraint(condition=models.Q(('review_days__gt', 0)), name='item_location_review_days_positive'),
        ),
        migrations.AddIndex(
            model_name='demand',
            index=models.Index(fields=['location', 'item', 'date'], name='demand_by_location'),
        ),
        migrations.AddConstraint(
            model_name='demand',
            constraint=models.UniqueConstraint(fields=('item', 'location', 'date', 'bucket_days'), name='demand_unique'),
        ),
        migrations.AddConstraint(
            model_name='demand',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gte', 0)), name='demand_quantity_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='demand',
            constraint=models.CheckConstraint(condition=models.Q(('returned_quantity__gte', 0)), name='demand_returned_quantity_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='demand',
            constraint=models.CheckConstraint(condition=models.Q(('price__gte', 0)), name='demand_price_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='demand',
            constraint=models.CheckConstraint(condition=models.Q(('bucket_days__gt', 0)), name='demand_bucket_days_positive'),
        ),
        migrations.AddIndex(
            model_name='salesorderline',
            index=models.Index(condition=models.Q(('is_open', True)), fields=['location', 'item'], name='sales_order_line_open'),
        ),
        migrations.AddConstraint(
            model_name='salesorderline',
            constraint=models.UniqueConstraint(fields=('source_system', 'external_number', 'line', 'schedule'), name='sales_order_line_unique'),
        ),
        migrations.AddConstraint(
            model_name='salesorderline',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='sales_order_line_quantity_positive'),
        ),
        migrations.AddConstraint(
            model_name='salesorderline',
            constraint=models.CheckConstraint(condition=models.Q(('delivered_quantity__gte', 0)), name='sales_order_line_delivered_quantity_not_negative'),
        ),
        migrations.AddIndex(
            model_name='scheduledreceipt',
            index=models.Index(fields=['location', 'item'], name='scheduled_receipt_inbound'),
        ),
        migrations.AddIndex(
            model_name='scheduledreceipt',
            index=models.Index(condition=models.Q(('origin__isnull', False)), fields=['origin', 'item'], name='scheduled_receipt_outbound'),
        ),
        migrations.AddConstraint(
            model_name='scheduledreceipt',
            constraint=models.UniqueConstraint(fields=('kind', 'schedule_id'), name='scheduled_receipt_unique'),
        ),
        migrations.AddConstraint(
            model_name='scheduledreceipt',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['purchase', 'transfer'])), name='scheduled_receipt_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='scheduledreceipt',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'purchase'), ('origin__isnull', True)), models.Q(('kind', 'transfer'), ('origin__isnull', False)), _connector='OR'), name='scheduled_receipt_origin_fits_kind'),
        ),
        migrations.AddConstraint(
            model_name='scheduledreceipt',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='scheduled_receipt_quantity_positive'),
        ),
        migrations.AddIndex(
            model_name='stockbalance',
            index=models.Index(fields=['location', 'item'], name='stock_balance_by_location'),
        ),
        migrations.AddConstraint(
            model_name='stockbalance',
            constraint=models.UniqueConstraint(fields=('item', 'location', 'lot', 'status'), name='stock_balance_unique'),
        ),
        migrations.AddConstraint(
            model_name='stockbalance',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['available', 'blocked'])), name='stock_balance_status_known'),
        ),
        migrations.AddConstraint(
            model_name='stockbalance',
            constraint=models.CheckConstraint(condition=models.Q(('allocated__gte', 0)), name='stock_balance_allocated_not_negative'),
        ),
        migrations.AddIndex(
            model_name='stockmovement',
            index=models.Index(fields=['item', 'location', '-moved_on'], name='stock_movement_history'),
        ),
        migrations.AddConstraint(
            model_name='stockmovement',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['count', 'receipt', 'sale', 'customer_return', 'transfer_out', 'transfer_in', 'adjustment', 'scrap'])), name='stock_movement_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='stockmovement',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['available', 'blocked'])), name='stock_movement_status_known'),
        ),
        migrations.AddConstraint(
            model_name='stockmovement',
            constraint=models.CheckConstraint(condition=models.Q(('quantity', 0), _negated=True), name='stock_movement_quantity_not_zero'),
        ),
        migrations.AddConstraint(
            model_name='transferorder',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'approved', 'shipped', 'received', 'cancelled'])), name='transfer_order_state_known'),
        ),
        migrations.AddConstraint(
            model_name='transferorder',
            constraint=models.CheckConstraint(condition=models.Q(('origin', models.F('destination')), _negated=True), name='transfer_order_ends_differ'),
        ),
        migrations.AddConstraint(
            model_name='transferorder',
            constraint=models.UniqueConstraint(condition=models.Q(('external_number', ''), _negated=True), fields=('source_system', 'external_number'), name='transfer_order_external_unique'),
        ),
        migrations.AddConstraint(
            model_name='transferorderline',
            constraint=models.UniqueConstraint(fields=('order', 'number'), name='transfer_order_line_unique'),
        ),
        migrations.AddConstraint(
            model_name='transferorderschedule',
            constraint=models.UniqueConstraint(fields=('line', 'number'), name='transfer_order_schedule_unique'),
        ),
        migrations.AddConstraint(
            model_name='transferorderschedule',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='transfer_order_schedule_quantity_positive'),
        ),
        migrations.AddConstraint(
            model_name='transferorderschedule',
            constraint=models.CheckConstraint(condition=models.Q(('shipped_quantity__gte', 0)), name='transfer_order_schedule_shipped_quantity_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='transferorderschedule',
            constraint=models.CheckConstraint(condition=models.Q(('received_quantity__gte', 0)), name='transfer_order_schedule_received_quantity_not_negative'),
        ),
    ]
