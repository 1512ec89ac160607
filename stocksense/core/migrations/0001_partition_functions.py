"""The registry of partitioned tables and the functions through which the serving role keeps them."""

from django.db import migrations

FORWARD = """
CREATE TABLE stocksense_partitioned_table (
    name text PRIMARY KEY,
    key_column text NOT NULL,
    step text NOT NULL CONSTRAINT stocksense_partitioned_table_step CHECK (step IN ('day', 'month', 'year')),
    droppable boolean NOT NULL
);

CREATE FUNCTION stocksense_ensure_partitions(parent text, days date[]) RETURNS integer
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

CREATE FUNCTION stocksense_drop_partitions(parent text, before date, keep date[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $body$
DECLARE
    child text;
    gone integer := 0;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM public.stocksense_partitioned_table WHERE name = parent AND droppable AND step = 'day') THEN
        RAISE EXCEPTION 'partitions of % are kept', parent USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF before > current_date - 1 THEN
        RAISE EXCEPTION 'partitions of % younger than a day are kept', parent USING ERRCODE = 'insufficient_privilege';
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

CREATE FUNCTION stocksense_portal_supplier() RETURNS bigint
LANGUAGE sql STABLE AS $body$
    SELECT nullif(current_setting('stocksense.supplier_id', true), '')::bigint
$body$;
"""

BACKWARD = """
DROP FUNCTION stocksense_portal_supplier();
DROP FUNCTION stocksense_drop_partitions(text, date, date[]);
DROP FUNCTION stocksense_ensure_partitions(text, date[]);
DROP TABLE stocksense_partitioned_table;
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
