"""Each partitioned table says how young a day may be that the serving role has dropped."""

from django.db import migrations

FORWARD = """
ALTER TABLE stocksense_partitioned_table ADD COLUMN kept_days integer NOT NULL DEFAULT 1
    CONSTRAINT stocksense_partitioned_table_kept_days CHECK (kept_days >= 1);

CREATE OR REPLACE FUNCTION stocksense_drop_partitions(parent text, before date, keep date[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $body$
DECLARE
    spec public.stocksense_partitioned_table%ROWTYPE;
    child text;
    gone integer := 0;
BEGIN
    SELECT * INTO spec FROM public.stocksense_partitioned_table WHERE name = parent AND droppable AND step = 'day';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'partitions of % are kept', parent USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF before > current_date - spec.kept_days THEN
        RAISE EXCEPTION 'partitions of % younger than % are kept', parent,
            CASE spec.kept_days WHEN 1 THEN 'a day' ELSE spec.kept_days || ' days' END
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('stocksense partitions'), hashtext(parent));
    FOR child IN
        SELECT relation.relname FROM pg_inherits
        JOIN pg_class relation ON relation.oid = pg_inherits.inhrelid
        WHERE pg_inherits.inhparent = format('public.%I', parent)::regclass
          AND to_date(right(relation.relname, 8), 'YYYYMMDD') < before
          AND NOT (to_date(right(relation.relname, 8), 'YYYYMMDD') = ANY (keep))
    LOOP
        EXECUTE format('DROP TABLE public.%I', child);
        gone := gone + 1;
    END LOOP;
    RETURN gone;
END
$body$;
"""

BACKWARD = "ALTER TABLE stocksense_partitioned_table DROP COLUMN kept_days;"


class Migration(migrations.Migration):
    dependencies = [("core", "0003_partitions_at_once")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
