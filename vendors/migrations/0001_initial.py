

import datetime
import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('company', '0001_initial'),
        ('inventory', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Shipment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('reference', models.CharField(max_length=64)),
                ('shipped_on', models.DateField()),
                ('expected_on', models.DateField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='GoodsReceipt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('source_system', models.CharField(blank=True, max_length=64)),
                ('external_number', models.CharField(blank=True, max_length=64)),
                ('received_at', models.DateTimeField()),
                ('location', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.location')),
                ('received_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='PurchaseOrder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('number', models.CharField(max_length=32, unique=True)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('approved', 'Approved'), ('sent', 'Sent'), ('acknowledged', 'Acknowledged'), ('partially_received', 'partially received'), ('received', 'Received'), ('closed', 'Closed'), ('cancelled', 'Cancelled')], default='draft', max_length=18)),
                ('currency', models.CharField(max_length=3)),
                ('source_system', models.CharField(blank=True, max_length=64)),
                ('external_number', models.CharField(blank=True, max_length=64)),
                ('plan_run_id', models.PositiveBigIntegerField(blank=True, null=True)),
                ('ordered_on', models.DateField(blank=True, null=True)),
                ('note', models.TextField(blank=True)),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('destination', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='purchase_orders', to='inventory.location')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='OrderConfirmation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('message', models.TextField(blank=True)),
                ('answered_at', models.DateTimeField(auto_now_add=True)),
                ('answered_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='confirmations', to='vendors.purchaseorder')),
            ],
        ),
        migrations.CreateModel(
            name='PurchaseOrderLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=32)),
                ('order_uom', models.CharField(blank=True, max_length=16, verbose_name='order unit')),
                ('units_per_order_uom', models.DecimalField(decimal_places=4, default=1, max_digits=12)),
                ('unit_price', models.DecimalField(blank=True, decimal_places=4, help_text="Order's currency per order unit.", max_digits=16, null=True)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.item')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='vendors.purchaseorder')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='PurchaseOrderSchedule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(default='1', max_length=32)),
                ('quantity', models.DecimalField(decimal_places=3, max_digits=15)),
                ('shipped_quantity', models.DecimalField(decimal_places=3, default=0, max_digits=15)),
                ('received_quantity', models.DecimalField(decimal_places=3, default=0, max_digits=15)),
                ('release_on', models.DateField(blank=True, null=True)),
                ('requested_on', models.DateField(blank=True, null=True)),
                ('promised_on', models.DateField(blank=True, null=True)),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='schedules', to='vendors.purchaseorderline')),
            ],
            options={
                'ordering': ['id'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='GoodsReceiptLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.DecimalField(decimal_places=3, max_digits=15)),
                ('lot', models.CharField(blank=True, max_length=64)),
                ('expires_on', models.DateField(blank=True, null=True)),
                ('receipt', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='vendors.goodsreceipt')),
                ('schedule', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='receipts', to='vendors.purchaseorderschedule')),
            ],
        ),
        migrations.CreateModel(
            name='ConfirmationLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.DecimalField(decimal_places=3, max_digits=15)),
                ('promised_on', models.DateField(blank=True, null=True)),
                ('unit_price', models.DecimalField(blank=True, decimal_places=4, max_digits=16, null=True)),
                ('confirmation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='vendors.orderconfirmation')),
                ('schedule', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='confirmations', to='vendors.purchaseorderschedule')),
            ],
        ),
        migrations.CreateModel(
            name='ShipmentLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.DecimalField(decimal_places=3, max_digits=15)),
                ('lot', models.CharField(blank=True, max_length=64)),
                ('schedule', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shipments', to='vendors.purchaseorderschedule')),
                ('shipment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='vendors.shipment')),
            ],
        ),
        migrations.CreateModel(
            name='Supplier',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('code', models.CharField(max_length=64, unique=True)),
                ('name', models.CharField(blank=True, max_length=200)),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                ('currency', models.CharField(blank=True, help_text="Blank: the company's.", max_length=3, validators=[django.core.validators.RegexValidator('^[A-Z]{3}$', 'A currency is three capital letters, such as EUR.')])),
                ('order_cost', models.DecimalField(blank=True, decimal_places=4, help_text='Cost of placing one order, company currency.', max_digits=16, null=True)),
                ('min_order_value', models.DecimalField(blank=True, decimal_places=4, help_text="In the supplier's currency.", max_digits=16, null=True)),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('calendar', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='company.calendar')),
            ],
            options={
                'ordering': ['code'],
            },
        ),
        migrations.AddField(
            model_name='shipment',
            name='supplier',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shipments', to='vendors.supplier'),
        ),
        migrations.CreateModel(
            name='SharedForecast',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first_date', models.DateField()),
                ('bucket_days', models.PositiveSmallIntegerField()),
                ('quantities', django.contrib.postgres.fields.ArrayField(base_field=models.DecimalField(decimal_places=3, max_digits=15), size=None)),
                ('published_at', models.DateTimeField(auto_now=True)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='inventory.item')),
                ('location', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='inventory.location')),
                ('supplier', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='shared_forecasts', to='vendors.supplier')),
            ],
        ),
        migrations.AddField(
            model_name='purchaseorder',
            name='supplier',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='purchase_orders', to='vendors.supplier'),
        ),
        migrations.AddField(
            model_name='goodsreceipt',
            name='supplier',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='receipts', to='vendors.supplier'),
        ),
        migrations.CreateModel(
            name='SupplierContact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('supplier', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='contacts', to='vendors.supplier')),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='supplier_contact', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='SupplierItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('valid_from', models.DateField(default=datetime.date(2000, 1, 1))),
                ('valid_to', models.DateField(blank=True, null=True)),
                ('lead_time_days', models.DecimalField(blank=True, decimal_places=2, max_digits=6, null=True)),
                ('lead_time_sd_days', models.DecimalField(blank=True, decimal_places=2, max_digits=6, null=True)),
                ('order_uom', models.CharField(blank=True, help_text="Blank: the item's stock unit.", max_length=16, verbose_name='order unit')),
                ('units_per_order_uom', models.DecimalField(decimal_places=4, default=1, max_digits=12, verbose_name='stock units per order unit')),
                ('moq', models.DecimalField(blank=True, decimal_places=3, help_text='Order units.', max_digits=15, null=True, verbose_name='MOQ')),
                ('order_multiple', models.DecimalField(blank=True, decimal_places=3, help_text='Order units.', max_digits=15, null=True)),
                ('unit_price', models.DecimalField(blank=True, decimal_places=4, help_text="Supplier's currency per order unit.", max_digits=16, null=True)),
                ('priority', models.PositiveSmallIntegerField(default=1, help_text='1 is used first.')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='supplier_terms', to='inventory.item')),
                ('location', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.location')),
                ('supplier', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='terms', to='vendors.supplier')),
            ],
            options={
                'verbose_name': 'supplier term',
                'ordering': ['supplier__code', 'item__sku', '-valid_from'],
            },
        ),
        migrations.CreateModel(
            name='PriceBreak',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('min_quantity', models.DecimalField(decimal_places=3, max_digits=15)),
                ('unit_price', models.DecimalField(decimal_places=4, max_digits=16)),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('supplier_item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='price_breaks', to='vendors.supplieritem')),
            ],
            options={
                'ordering': ['min_quantity'],
            },
        ),
        migrations.AddConstraint(
            model_name='purchaseorderline',
            constraint=models.UniqueConstraint(fields=('order', 'number'), name='purchase_order_line_unique'),
        ),
        migrations.AddConstraint(
            model_name='purchaseorderline',
            constraint=models.CheckConstraint(condition=models.Q(('units_per_order_uom__gt', 0)), name='purchase_order_line_units_per_order_uom_positive'),
        ),
        migrations.AddConstraint(
            model_name='purchaseorderline',
            constraint=models.CheckConstraint(condition=models.Q(('unit_price__gte', 0)), name='purchase_order_line_unit_price_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='purchaseorderschedule',
            constraint=models.UniqueConstraint(fields=('line', 'number'), name='purchase_order_schedule_unique'),
        ),
        migrations.AddConstraint(
            model_name='purchaseorderschedule',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='purchase_order_schedule_quantity_positive'),
        ),
        migrations.AddConstraint(
            model_name='purchaseorderschedule',
            constraint=models.CheckConstraint(condition=models.Q(('shipped_quantity__gte', 0)), name='purchase_order_schedule_shipped_quantity_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='purchaseorderschedule',
            constraint=models.CheckConstraint(condition=models.Q(('received_quantity__gte', 0)), name='purchase_order_schedule_received_quantity_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='goodsreceiptline',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='goods_receipt_line_quantity_positive'),
        ),
        migrations.AddConstraint(
            model_name='confirmationline',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gte', 0)), name='confirmation_line_quantity_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='confirmationline',
            constraint=models.CheckConstraint(condition=models.Q(('unit_price__gte', 0)), name='confirmation_line_unit_price_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='shipmentline',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='shipment_line_quantity_positive'),
        ),
        migrations.AddConstraint(
            model_name='supplier',
            constraint=models.CheckConstraint(condition=models.Q(('order_cost__gte', 0)), name='supplier_order_cost_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='supplier',
            constraint=models.CheckConstraint(condition=models.Q(('min_order_value__gte', 0)), name='supplier_min_order_value_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='shipment',
            constraint=models.UniqueConstraint(fields=('supplier', 'reference'), name='shipment_unique'),
        ),
        migrations.AddConstraint(
            model_name='sharedforecast',
            constraint=models.UniqueConstraint(fields=('supplier', 'item', 'location'), name='shared_forecast_unique'),
        ),
        migrations.AddIndex(
            model_name='purchaseorder',
            index=models.Index(fields=['supplier', 'state'], name='purchase_order_by_supplier'),
        ),
        migrations.AddConstraint(
            model_name='purchaseorder',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'approved', 'sent', 'acknowledged', 'partially_received', 'received', 'closed', 'cancelled'])), name='purchase_order_state_known'),
        ),
        migrations.AddConstraint(
            model_name='purchaseorder',
            constraint=models.UniqueConstraint(condition=models.Q(('external_number', ''), _negated=True), fields=('source_system', 'external_number'), name='purchase_order_external_unique'),
        ),
        migrations.AddConstraint(
            model_name='goodsreceipt',
            constraint=models.UniqueConstraint(condition=models.Q(('external_number', ''), _negated=True), fields=('source_system', 'external_number'), name='goods_receipt_external_unique'),
        ),
        migrations.AddIndex(
            model_name='supplieritem',
            index=models.Index(fields=['item', 'location'], name='supplier_item_sources'),
        ),
        migrations.AddConstraint(
            model_name='supplieritem',
            constraint=models.UniqueConstraint(fields=('supplier', 'item', 'location', 'valid_from'), name='supplier_item_terms_unique', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='supplieritem',
            constraint=models.CheckConstraint(condition=models.Q(('valid_to__gte', models.F('valid_from'))), name='supplier_item_span_ordered'),
        ),
        migrations.AddConstraint(
            model_name='supplieritem',
            constraint=models.CheckConstraint(condition=models.Q(('lead_time_days__gte', 0)), name='supplier_item_lead_time_days_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='supplieritem',
            constraint=models.CheckConstraint(condition=models.Q(('lead_time_sd_days__gte', 0)), name='supplier_item_lead_time_sd_days_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='supplieritem',
            constraint=models.CheckConstraint(condition=models.Q(('moq__gte', 0)), name='supplier_item_moq_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='supplieritem',
            constraint=models.CheckConstraint(condition=models.Q(('unit_price__gte', 0)), name='supplier_item_unit_price_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='supplieritem',
            constraint=models.CheckConstraint(condition=models.Q(('units_per_order_uom__gt', 0)), name='supplier_item_units_per_order_uom_positive'),
        ),
        migrations.AddConstraint(
            model_name='supplieritem',
            constraint=models.CheckConstraint(condition=models.Q(('order_multiple__gt', 0)), name='supplier_item_order_multiple_positive'),
        ),
        migrations.AddConstraint(
            model_name='pricebreak',
            constraint=models.UniqueConstraint(fields=('supplier_item', 'min_quantity'), name='price_break_unique'),
        ),
        migrations.AddConstraint(
            model_name='pricebreak',
            constraint=models.CheckConstraint(condition=models.Q(('min_quantity__gt', 0)), name='price_break_min_quantity_positive'),
        ),
        migrations.AddConstraint(
            model_name='pricebreak',
            constraint=models.CheckConstraint(condition=models.Q(('unit_price__gte', 0)), name='price_break_unit_price_not_negative'),
        ),
    ]
