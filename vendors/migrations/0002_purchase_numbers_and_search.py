"""Numbers of our purchase orders, and indexes for finding suppliers and orders by prefix or word."""

from django.db import migrations

INDEXES = (
    ("vendors_supplier_code_prefix", "vendors_supplier", "(upper(code) text_pattern_ops)"),
    ("vendors_supplier_name_words", "vendors_supplier", "USING gin (to_tsvector('simple'::regconfig, COALESCE(name, '')))"),
    ("vendors_purchaseorder_number_prefix", "vendors_purchaseorder", "(upper(number) text_pattern_ops)"),
)


class Migration(migrations.Migration):
    dependencies = [("vendors", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE vendors_purchaseorder_number OWNED BY vendors_purchaseorder.number",
            "DROP SEQUENCE vendors_purchaseorder_number",
        ),
        *(migrations.RunSQL(f"CREATE INDEX {name} ON {table} {what}", f"DROP INDEX {name}") for name, table, what in INDEXES),
    ]
