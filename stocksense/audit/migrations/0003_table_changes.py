from django.db import migrations, models

_FUNCTION = """
CREATE FUNCTION stocksense_table_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO audit_tablechange ("table", transaction, mark)
    VALUES (TG_TABLE_NAME, pg_current_xact_id()::text::bigint, hashtextextended(gen_random_uuid()::text, 0))
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END;
$$;
REVOKE ALL ON FUNCTION stocksense_table_change() FROM PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_access_log_and_seals")]
    operations = [
        migrations.CreateModel(
            name="TableChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("table", models.CharField(max_length=63)),
                ("transaction", models.BigIntegerField(null=True, help_text="Blank where several were combined.")),
                ("mark", models.BigIntegerField(help_text="64 random bits.")),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=["table", "transaction"], include=["mark"], name="table_change_once"
                    )
                ],
            },
        ),
        migrations.RunSQL(_FUNCTION, "DROP FUNCTION stocksense_table_change() CASCADE"),
    ]
