"""Two sessions that need the same new partition at once: the second one sees what the first has made.

`to_regclass` answers from the session's cache, which waiting for an advisory lock does not refresh; a query of the
catalogue does.
"""

from django.db import migrations

FORWARD = """
CREATE OR REPLACE FUNCTION stocksense_ensure_partitions(parent text, days date[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $body$
DECLARE
    spec public.stocksense_partitioned_table%ROWTYPE;
    lower_bound date;
    upper_bound date;
    child text;
    made integer := 0;
BEGIN
    SELECT * INTO spec FROM public.stocksense_partitioned_table WHERE name = parent;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'table % is not partitioned', parent USING ERRCODE = 'undefined_table';
    END IF;
    IF EXISTS (
        SELECT 1 FROM unnest(days) AS day
        WHERE day < current_date - (CASE spec.step WHEN 'year' THEN interval '30 years' ELSE interval '15 years' END)
           OR day > current_date + interval '3 years'
    ) THEN
        RAISE EXCEPTION 'a date in % lies too far back or more than 3 years ahead', parent
            USING ERRCODE = 'datetime_field_overflow';
    END IF;
    FOR lower_bound IN SELECT DISTINCT date_trunc(spec.step, day::timestamp)::date FROM unnest(days) AS day ORDER BY 1 LOOP
        child := parent || to_char(lower_bound, '_YYYYMMDD');
        CONTINUE WHEN to_regclass(format('public.%I', child)) IS NOT NULL;
        PERFORM pg_advisory_xact_lock(hashtext('stocksense partitions'), hashtext(parent));
        CONTINUE WHEN EXISTS (
            SELECT FROM pg_class WHERE relname = child AND relnamespace = 'public'::regnamespace
        );
        upper_bound := (lower_bound + ('1 ' || spec.step)::interval)::date;
        EXECUTE format('CREATE TABLE public.%I (LIKE public.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)', child, parent);
        EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)', parent, child, lower_bound, upper_bound);
        made := made + 1;
    END LOOP;
    RETURN made;
END
$body$;
"""

BACKWARD = """
CREATE OR REPLACE FUNCTION stocksense_ensure_partitions(parent text, days date[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $body$
DECLARE
    spec public.stocksense_partitioned_table%ROWTYPE;
    lower_bound date;
    upper_bound date;
    child text;
    made integer := 0;
BEGIN
    SELECT * INTO spec FROM public.stocksense_partitioned_table WHERE name = parent;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'table % is not partitioned', parent USING ERRCODE = 'undefined_table';
    END IF;
    IF EXISTS (
        SELECT 1 FROM unnest(days) AS day
        WHERE day < current_date - (CASE spec.step WHEN 'year' THEN interval '30 years' ELSE interval '15 years' END)
           OR day > current_date + interval '3 years'
    ) THEN
        RAISE EXCEPTION 'a date in % lies too far back or more than 3 years ahead', parent
            USING ERRCODE = 'datetime_field_overflow';
    END IF;
    FOR lower_bound IN SELECT DISTINCT date_trunc(spec.step, day::timestamp)::date FROM unnest(days) AS day ORDER BY 1 LOOP
        child := parent || to_char(lower_bound, '_YYYYMMDD');
        CONTINUE WHEN to_regclass(format('public.%I', child)) IS NOT NULL;
        PERFORM pg_advisory_xact_lock(hashtext('stocksense partitions'), hashtext(parent));
        CONTINUE WHEN to_regclass(format('public.%I', child)) IS NOT NULL;
        upper_bound := (lower_bound + ('1 ' || spec.step)::interval)::date;
        EXECUTE format('CREATE TABLE public.%I (LIKE public.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)', child, parent);
        EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)', parent, child, lower_bound, upper_bound);
        made := made + 1;
    END LOOP;
    RETURN made;
END
$body$;
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0002_analyze_partition")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
