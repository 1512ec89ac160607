"""Numbers of our transfer orders, and indexes for finding items by SKU prefix and words of their name."""

from django.db import migrations

INDEXES = (
    ("inventory_item_sku_prefix", "inventory_item", "(upper(sku) text_pattern_ops)"),
    ("inventory_item_name_words", "inventory_item", "USING gin (to_tsvector('simple'::regconfig, COALESCE(name, '')))"),
    ("inventory_location_code_prefix", "inventory_location", "(upper(code) text_pattern_ops)"),
    ("inventory_location_name_words", "inventory_location", "USING gin (to_tsvector('simple'::regconfig, COALESCE(name, '')))"),
    ("inventory_transferorder_number_prefix", "inventory_transferorder", "(upper(number) text_pattern_ops)"),
)


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE inventory_transferorder_number OWNED BY inventory_transferorder.number",
            "DROP SEQUENCE inventory_transferorder_number",
        ),
        *(migrations.RunSQL(f"CREATE INDEX {name} ON {table} {what}", f"DROP INDEX {name}") for name, table, what in INDEXES),
    ]
