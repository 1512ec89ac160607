"""Demand, future knowledge and attributes from plain CSV files, as a panel; in doubt an error says what to do."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from forecasting.engine.panel import DateArray, Float32Array, Panel
from forecasting.engine.series import usual_at_spikes
from stocksense.core.numeric import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    import polars

KEYS: Final = ("series_id", "date", "quantity")
STOCK_OUT_NAMES: Final = ("stock_out", "stockout", "out_of_stock")
IN_STOCK_NAMES: Final = ("in_stock",)
YES: Final = frozenset({"yes", "y", "true", "t", "1"})
NO: Final = frozenset({"no", "n", "false", "f", "0"})
MOST_VALUES: Final = 8
MOST_CATEGORIES: Final = 255
LISTED_SHARE: Final = 0.5


class TableError(ValueError):
    """A file that cannot be read as demand; the message says which file, where and what to do."""


@dataclass(frozen=True)
class Grid:
    """The buckets of a frequency: how dates become positions and positions dates again.

    origin: label of bucket 0. step_days: 1 or 7; 0 for months. label_end: the label is the bucket's last day.
    """

    origin: np.datetime64
    step_days: int
    label_end: bool

    @property
    def bucket_days(self) -> int:
        """Days in a bucket, 30 for a month."""
        return self.step_days or 30

    def positions(self, days: DateArray) -> IntArray:
        """Bucket that each date lies in."""
        if self.step_days:
            since: IntArray = (days - self.starts(1)[0]).astype(np.int64)
            return since // self.step_days
        months: IntArray = (days.astype("datetime64[M]") - self.origin.astype("datetime64[M]")).astype(np.int64)
        return months

    def labels(self, count: int) -> DateArray:
        """Dates that stand for buckets 0 .. count - 1 in files."""
        if self.step_days:
            return np.asarray(self.origin + np.arange(count) * np.timedelta64(self.step_days, "D"))
        months = self.origin.astype("datetime64[M]") + np.arange(count + 1)
        days = months.astype("datetime64[D]")
        return np.asarray(days[1:] - np.timedelta64(1, "D") if self.label_end else days[:-1])

    def starts(self, count: int) -> DateArray:
        """First day of buckets 0 .. count - 1."""
        if not self.step_days:
            months: DateArray = self.origin.astype("datetime64[M]") + np.arange(count)
            return months.astype("datetime64[D]")
        back = self.step_days - 1 if self.label_end else 0
        first: DateArray = self.labels(count) - np.timedelta64(back, "D")
        return first


@dataclass(frozen=True)
class DemandTable:
    """A panel with the names of its series and the dates of its buckets (history and `ahead` more).

    notes: what was done to the data that its owner should know.
    """

    panel: Panel
    series_ids: tuple[str, ...]
    labels: DateArray
    notes: tuple[str, ...]


def grid_of(days: DateArray, freq: str, label: str | None) -> Grid:
    """The grid that dates of a file lie on. Raises TableError for other frequencies or dates between buckets."""
    name, _, _ = freq.upper().partition("-")
    if name == "D":
        return Grid(days.min(), 1, label_end=False)
    if name == "W":
        weekday = (days.astype(np.int64) + 3) % 7
        odd = np.flatnonzero(weekday != weekday[0])
        if odd.size:
            raise TableError(
                f"dates of a weekly file must all be the same day of the week: {days[0]} and {days[odd[0]]} are not; "
                "aggregate the demand to weeks first"
            )
        return Grid(days.min(), 7, label_end=(label or "end") == "end")
    if name in ("M", "ME", "MS"):
        first = bool((days == days.astype("datetime64[M]").astype("datetime64[D]")).all())
        return Grid(days.min(), 0, label_end=not first and (label or ("start" if name == "MS" else "end")) == "end")
    raise TableError(f"frequency {freq!r} is not one of D, W-SUN … W-SAT, M, ME, MS")


def read_demand(
    demand: Path,
    *,
    freq: str,
    label: str | None,
    ahead: int,
    future_known: Path | None = None,
    attributes: Path | None = None,
) -> DemandTable:
    """Read the files of an evaluation.

    Demand: series_id, date, quantity and optional covariates; buckets without a row are 0 from a series' first sale
    to the last date of the file. Negative quantities (returns) count as 0 and are reported.
    Raises TableError for missing columns, unreadable or duplicate dates, or quantities that are no numbers.
    """
    frame = _read(demand, KEYS)
    notes: list[str] = []
    days = frame["date"].to_numpy().astype("datetime64[D]")
    grid = grid_of(days, freq, label)
    at = grid.positions(days)
    ids, row = np.unique(frame["series_id"].to_numpy().astype(str), return_inverse=True)
    _require_unique(demand, ids, row, at, days)
    buckets = int(at.max()) + 1
    matrix = _demand_matrix(demand, frame, row, at, (ids.size, buckets), notes)
    kept = np.isfinite(matrix).any(axis=1)
    if not kept.all():
        notes.append(f"{int((~kept).sum())} series never sold: they are forecast as zero from their first row")
        matrix[~kept] = np.where(
            _first_rows(row, at, ids.size)[~kept, None] <= np.arange(buckets)[None, :], 0.0, np.nan
        )
    _without_spikes(matrix, notes)
    columns = _Columns(grid, ids, buckets, ahead, notes)
    in_stock = columns.read_demand_covariates(frame, row, at)
    if future_known is not None:
        columns.read_known(_read(future_known, ("date",)), future_known)
    if attributes is not None:
        columns.read_attributes(_read(attributes, ("series_id",)), attributes)
    panel = Panel.of(matrix, grid.starts(buckets + ahead), grid.bucket_days, in_stock=in_stock, **columns.arrays())
    return DemandTable(panel, tuple(ids.tolist()), grid.labels(buckets + ahead), tuple(notes))


def _read(path: Path, needed: tuple[str, ...]) -> "polars.DataFrame":
    import polars

    if not path.is_file():
        raise TableError(f"{path} is not a file")
    text = dict.fromkeys(("series_id", "date"), polars.String)
    try:
        header = polars.read_csv(path, n_rows=0, infer_schema=False).columns
        frame = polars.read_csv(
            path,
            schema_overrides={name: kind for name, kind in text.items() if name in header},
            infer_schema_length=None,
            null_values=["", "NA", "NaN", "nan", "null", "None"],
        )
    except polars.exceptions.PolarsError as error:
        raise TableError(f"{path} cannot be read as CSV: {error}") from error
    missing = [name for name in needed if name not in frame.columns]
    if missing:
        raise TableError(f"{path} lacks the columns {', '.join(missing)}; it has {', '.join(frame.columns)}")
    if frame.is_empty():
        raise TableError(f"{path} has no rows")
    for name in ("series_id", "date"):
        if name in frame.columns and frame[name].null_count():
            raise TableError(f"{path} has rows without {name}")
    if "date" in frame.columns:
        parsed = frame["date"].str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
        if parsed.null_count():
            bad = frame["date"].filter(parsed.is_null())[0]
            raise TableError(f"{path}: {bad!r} is not a date; write it as YYYY-MM-DD")
        frame = frame.with_columns(parsed.alias("date"))
    return frame


def _require_unique(path: Path, ids: np.ndarray, row: IntArray, at: IntArray, days: DateArray) -> None:
    key = row.astype(np.int64) * (int(at.max()) + 1) + (at - at.min())
    order = np.argsort(key, kind="stable")
    twice = np.flatnonzero(np.diff(key[order]) == 0)
    if twice.size:
        one = order[twice[0] + 1]
        raise TableError(
            f"{path} has {twice.size} duplicate rows, the first for series {ids[row[one]]} on {days[one]}: "
            "one row per series and bucket, please; add them up first"
        )


def _demand_matrix(
    path: Path, frame: "polars.DataFrame", row: IntArray, at: IntArray, shape: tuple[int, int], notes: list[str]
) -> FloatArray:
    import polars

    quantity = frame["quantity"].cast(polars.Float64, strict=False)
    if quantity.null_count() > frame["quantity"].null_count():
        bad = frame["quantity"].filter(quantity.is_null() & frame["quantity"].is_not_null())[0]
        raise TableError(f"{path}: quantity {bad!r} is not a number")
    values = quantity.fill_null(0.0).to_numpy().astype(np.float64)
    values = np.where(np.isfinite(values), values, 0.0)
    if (values < 0).any():
        notes.append(f"{int((values < 0).sum())} negative quantities (returns) count as 0")
        values = np.maximum(values, 0.0)
    matrix = np.zeros(shape)
    matrix[row, at] = values
    return np.where(np.maximum.accumulate(matrix > 0, axis=1), matrix, np.nan)


def _without_spikes(matrix: FloatArray, notes: list[str]) -> None:
    """Sets cells [n, t] above 1,000 times their series' usual sale before them to that sale, in place."""
    filled = np.nan_to_num(matrix)
    count = 0
    for row in range(matrix.shape[0]):
        usual = usual_at_spikes(filled[row])
        spikes = np.isfinite(usual)
        matrix[row, spikes] = usual[spikes]
        count += int(spikes.sum())
    if count:
        notes.append(f"{count} quantities above 1,000 times the usual sale before them are brought down to it")


def _first_rows(row: IntArray, at: IntArray, size: int) -> IntArray:
    first = np.full(size, np.iinfo(np.int64).max)
    np.minimum.at(first, row, at)
    return first


class _Columns:
    """Collects covariates and attributes into the arrays of a panel."""

    def __init__(self, grid: Grid, ids: np.ndarray, buckets: int, ahead: int, notes: list[str]) -> None:
        self.grid, self.ids, self.buckets, self.ahead, self.notes = grid, ids, buckets, ahead, notes
        self.past: dict[str, FloatArray] = {}
        self.known: dict[str, FloatArray] = {}
        self.categories: dict[str, IntArray] = {}
        self.numbers: dict[str, FloatArray] = {}
        self.beside_sales: set[str] = set()

    def read_demand_covariates(self, frame: "polars.DataFrame", row: IntArray, at: IntArray) -> BoolArray:
        """Covariates of the demand file, known only up to now, and the in-stock marks [n, t]."""
        in_stock = np.ones((self.ids.size, self.buckets), dtype=np.bool_)
        for name in frame.columns:
            if name in KEYS:
                continue
            if name.lower() in STOCK_OUT_NAMES + IN_STOCK_NAMES:
                said = _yes_or_no(frame[name], name)
                out = said == (0.0 if name.lower() in IN_STOCK_NAMES else 1.0)
                in_stock[row[out], at[out]] = False
                continue
            for part, values in _as_numbers(frame[name], name, self.notes).items():
                cells = np.full((self.ids.size, self.buckets), np.nan)
                cells[row, at] = values
                self.past[part] = cells
        return in_stock

    def read_known(self, frame: "polars.DataFrame", path: Path) -> None:
        """Covariates known ahead: per series and date, or per date for all series."""
        total = self.buckets + self.ahead
        days = frame["date"].to_numpy().astype("datetime64[D]")
        at = self.grid.positions(days)
        inside = (at >= 0) & (at < total)
        per_series = "series_id" in frame.columns
        row = np.zeros(at.size, dtype=np.int64)
        if per_series:
            names = frame["series_id"].to_numpy().astype(str)
            row = np.minimum(np.searchsorted(self.ids, names), self.ids.size - 1)
            inside &= self.ids[row] == names
            if not inside.any():
                raise TableError(f"{path} has no row for any series and date of the demand file")
            _require_unique(path, self.ids, row[inside], at[inside], days[inside])
        columns = [name for name in frame.columns if name not in ("series_id", "date", "quantity")]
        for name in columns:
            for part, values in _as_numbers(frame[name], name, self.notes).items():
                cells = np.full((self.ids.size if per_series else 1, total), np.nan)
                usable = inside & np.isfinite(values)
                np.fmax.at(cells, (row[usable], at[usable]), values[usable])
                self._add_known(part, np.broadcast_to(cells, (self.ids.size, total)))

    def _add_known(self, name: str, cells: FloatArray) -> None:
        earlier = self.past.pop(name, None)
        if earlier is not None:
            self.beside_sales.add(name)
            cells = cells.copy()
            history = cells[:, : self.buckets]
            history[...] = np.where(np.isfinite(history), history, earlier)
        if not np.isfinite(cells[:, : self.buckets]).any():
            self.notes.append(f"{name} is never known in the past, so nothing can be learned from it: left out")
            return
        self.known[name] = cells

    def read_attributes(self, frame: "polars.DataFrame", path: Path) -> None:
        """Attributes per series: text as categories, numbers as they are."""
        names = frame["series_id"].to_numpy().astype(str)
        if np.unique(names).size != names.size:
            raise TableError(f"{path} has more than one row for a series")
        place = {name: at for at, name in enumerate(names.tolist())}
        rows = np.array([place.get(name, -1) for name in self.ids.tolist()])
        for name in frame.columns:
            if name == "series_id":
                continue
            if frame[name].dtype.is_numeric():
                values = frame[name].cast(float).fill_null(float("nan")).to_numpy()
                self.numbers[name] = np.where(rows >= 0, values[rows], np.nan)
                continue
            text = np.array(["" if value is None else str(value) for value in frame[name].to_list()])
            labels, codes = np.unique(np.where(rows >= 0, text[rows], ""), return_inverse=True)
            if 1 < labels.size <= min(MOST_CATEGORIES, max(2, self.ids.size // 2)):
                self.categories[name] = codes.astype(np.int64)

    def arrays(self) -> dict[str, object]:
        """Keyword arguments for Panel.of."""
        size = self.ids.size
        return {
            "known": _stack(
                [_without_gaps(cells, beside_sales=name in self.beside_sales) for name, cells in self.known.items()],
                (size, self.buckets + self.ahead),
            ),
            "known_names": tuple(self.known),
            "past": _stack([_without_gaps(cells) for cells in self.past.values()], (size, self.buckets)),
            "past_names": tuple(self.past),
            "categories": np.stack(list(self.categories.values()), axis=1)
            if self.categories
            else np.zeros((size, 0), np.int64),
            "category_names": tuple(self.categories),
            "numbers": _stack(list(self.numbers.values()), (size,)),
            "number_names": tuple(self.numbers),
        }


def _stack(columns: list[FloatArray], shape: tuple[int, ...]) -> Float32Array:
    if not columns:
        return np.zeros((*shape, 0), np.float32)
    return np.stack([column.astype(np.float32) for column in columns], axis=-1)


def _yes_or_no(column: "polars.Series", name: str) -> FloatArray:
    """1 for yes, 0 for no, NaN where nothing is said. Raises TableError for other words."""
    import polars

    if column.dtype.is_numeric():
        values = column.cast(polars.Float64).fill_null(float("nan")).to_numpy()
        return np.where(np.isnan(values), np.nan, (values > 0).astype(np.float64))
    words = [word.strip().lower() for word in column.cast(polars.String).fill_null("").to_list()]
    if unknown := sorted(set(words) - YES - NO - {""}):
        raise TableError(f"{name} says yes or no; {unknown[0]!r} is neither")
    return np.array([1.0 if word in YES else 0.0 if word in NO else np.nan for word in words])


def _as_numbers(column: "polars.Series", name: str, notes: list[str]) -> dict[str, FloatArray]:
    """A numeric or boolean column as itself; text as one 0/1 column for each of its most frequent values."""
    import polars

    if column.dtype.is_numeric() or column.dtype == polars.Boolean:
        return {name: column.cast(polars.Float64).fill_null(float("nan")).to_numpy().astype(np.float64)}
    text = column.cast(polars.String).fill_null("")
    if set(text.str.to_lowercase().unique()) <= {"true", "false", ""}:
        return {name: (text.str.to_lowercase() == "true").cast(polars.Float64).to_numpy()}
    counted = text.rename(name).filter(text != "").value_counts()
    counted = counted.sort("count", name, descending=[True, False])
    chosen = counted[name][:MOST_VALUES].to_list()
    if counted.height > MOST_VALUES:
        notes.append(f"{name} has {counted.height} values; the {MOST_VALUES} most frequent are told apart")
    parts = {f"{name}={value}": (text == value).cast(polars.Float64).to_numpy() for value in chosen}
    if counted.height > 1:
        parts[f"{name}=any"] = (text != "").cast(polars.Float64).to_numpy()
    return parts


def _without_gaps(cells: FloatArray, *, beside_sales: bool = False) -> FloatArray:
    """Covariate cells [n, t] without NaN, and without a trace of where the rows were missing.

    Flags, and columns listed only where something happens (fewer than half of the cells), are 0 elsewhere; other
    columns (prices) keep their last value, or take the next one before it, or the column's median. So do columns known
    ahead that the demand file has too: it may have rows only where something was sold, which zeros elsewhere would
    tell.
    """
    known = np.isfinite(cells)
    if known.all():
        return cells
    values = cells[known]
    if values.size == 0 or np.isin(values, (0.0, 1.0)).all() or (known.mean() < LISTED_SHARE and not beside_sales):
        return np.where(known, cells, 0.0)
    at = np.where(known, np.arange(cells.shape[1])[None, :], -1)
    last = np.maximum.accumulate(at, axis=1)
    first = np.where(known.any(axis=1), known.argmax(axis=1), 0)
    source = np.where(last >= 0, last, first[:, None])
    filled = np.take_along_axis(cells, source, axis=1)
    return np.where(np.isfinite(filled), filled, float(np.median(values)))
