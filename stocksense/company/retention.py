"""How long run outputs are kept: 30 nights, month ends, and whatever is current."""

from datetime import date, timedelta

from django.db import connection

from stocksense.company import services
from stocksense.company.models import CurrentRun

NIGHTS_KEPT = 30
_RUN_TABLES = """
SELECT name FROM stocksense_partitioned_table WHERE droppable AND key_column = 'run_date' ORDER BY name
"""


def kept_days(today: date) -> set[date]:
    """Days older than 30 nights whose runs stay: month ends, the current runs, and the runs these were made from."""
    current: set[date] = set()
    for run_date, built_on in CurrentRun.objects.values_list("run_date", "built_on"):
        current |= {run_date, *built_on}
    firsts = (date(today.year - back, month, 1) for back in range(16) for month in range(1, 13))
    return current | {first - timedelta(days=1) for first in firsts}


def drop_old_runs(today: date | None = None) -> dict[str, int]:
    """Drop the aged partitions of every run-output table; returns how many went, by table."""
    today = today or services.today()
    before, keep = today - timedelta(days=NIGHTS_KEPT), sorted(kept_days(today))
    with connection.cursor() as cursor:
        cursor.execute(_RUN_TABLES)
        tables = [name for (name,) in cursor.fetchall()]
        gone = {}
        for table in tables:
            cursor.execute("SELECT stocksense_drop_partitions(%s, %s, %s::date[])", [table, before, keep])
            gone[table] = int(cursor.fetchone()[0])
    return gone
