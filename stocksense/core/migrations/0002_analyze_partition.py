"""The function through which the serving role has a partition's statistics brought up to date."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION stocksense_analyze_partition(parent text, day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $body$
DECLARE
    spec public.stocksense_partitioned_table%ROWTYPE;
BEGIN
    SELECT * INTO spec FROM public.stocksense_partitioned_table WHERE name = parent;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'table % is not partitioned', parent USING ERRCODE = 'undefined_table';
    END IF;
    EXECUTE format('ANALYZE public.%I', parent || to_char(date_trunc(spec.step, day::timestamp), '_YYYYMMDD'));
END
$body$;
"""

BACKWARD = "DROP FUNCTION stocksense_analyze_partition(text, date);"


class Migration(migrations.Migration):
    dependencies = [("core", "0001_partition_functions")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
