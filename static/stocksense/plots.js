/* What charts of demand over time have in common: one axis of days, the page's colours, bars, fans and marks. */
(() => {
    const DAY = 86400;
    const seconds = (iso) => Date.parse(`${iso}T00:00:00Z`) / 1000;

    /* Colours are the page's tokens; read again when the theme changes. */
    const colours = {};
    const readColours = () => {
        const style = getComputedStyle(document.documentElement);
        for (const name of [
            "bar", "alert", "fan-95", "fan-80", "fan-50", "mean", "stock", "stock-soft", "point", "strong",
            "quiet", "line", "line-strong", "surface", "accent", "warn",
        ]) colours[name] = style.getPropertyValue(`--ss-${name}`).trim();
    };
    const colour = (name) => () => colours[name];

    /* One value per day on a common axis: buckets repeated over their days, daily series from today on. */
    const columns = (given) => {
        const today = seconds(given.today);
        const starts = [today, ...given.sold.map((row) => seconds(row[0])), ...given.expected.map((row) => seconds(row[0]))];
        const ends = [
            today + Math.max(given.stock?.length ?? 0, 1) * DAY,
            ...given.expected.map((row) => seconds(row[0]) + row[1] * DAY),
        ];
        const first = Math.min(...starts);
        const horizon = given.stock ? today + Math.max(given.stock.length, 28) * DAY : Infinity;
        const last = Math.min(Math.max(...ends), horizon);
        const days = [];
        for (let at = first; at <= last; at += DAY) days.push(at);
        const index = (at) => Math.round((at - first) / DAY);
        const empty = () => new Array(days.length).fill(null);
        const fill = (target, iso, count, value) => {
            const from = index(seconds(iso));
            for (let day = from; day < Math.min(from + count, days.length); day += 1) if (day >= 0) target[day] = value;
        };
        const sold = empty();
        for (const [iso, count, quantity] of given.sold) fill(sold, iso, count, quantity);
        const fan = Array.from({ length: 7 }, empty); // mean, 95 low/high, 80 low/high, 50 low/high
        for (const [iso, count, ...values] of given.expected) {
            values.forEach((value, number) => fill(fan[number], iso, count + 1, value));
        }
        const daily = (values) => {
            const column = empty();
            values.forEach((value, day) => {
                const at = index(today) + day;
                if (at < column.length) column[at] = value;
            });
            return column;
        };
        const anchor = given.expected.length ? seconds(given.expected[0][0]) : today;
        return { days, index, today, anchor, sold, fan, daily };
    };

    const grid = { stroke: colour("line"), width: 1 };
    const font = "11px system-ui, sans-serif";
    /* Ticks on the first days of buckets (any day when zoomed in close), the year where it changes. */
    const WEEK = 7 * DAY;
    const ticks = (anchor) => (plot, _, low, high) => {
        const most = Math.max(Math.floor(plot.bbox.width / devicePixelRatio / 64), 2);
        const rough = (high - low) / most;
        const step = [DAY, 2 * DAY, WEEK, 2 * WEEK, 4 * WEEK, 8 * WEEK, 13 * WEEK].find((one) => one >= rough) ?? 26 * WEEK;
        const found = [];
        for (let at = anchor + Math.ceil((low - anchor) / step) * step; at <= high; at += step) found.push(at);
        return found;
    };
    const dated = (_, splits) => splits.map((at, place) => {
        const date = new Date(at * 1000);
        const text = `${date.getUTCDate()} ${date.toLocaleDateString("en-US", { timeZone: "UTC", month: "short" })}`;
        const before = place ? new Date(splits[place - 1] * 1000).getUTCFullYear() : 0;
        return date.getUTCFullYear() === before ? text : `${text}\n${date.getUTCFullYear()}`;
    });
    const axes = (anchor) => [
        { stroke: colour("quiet"), grid: { show: false }, ticks: { ...grid, size: 4 }, font, size: 44, gap: 2,
            splits: ticks(anchor), values: dated },
        { stroke: colour("quiet"), grid, ticks: { show: false }, font, size: 46,
            values: (_, splits) => splits.map((value) => (Math.abs(value) >= 10000 ? `${value / 1000}k` : `${value}`)) },
    ];
    const fromZero = (_, low, high) => [Math.min(0, low ?? 0), high > 0 ? high * 1.08 : 1];

    /* Rectangles for past buckets, most of their width; `which` picks the rows. */
    const bars = (given, which) => (plot) => {
        const path = new Path2D();
        const floor = plot.valToPos(0, "y", true);
        for (const row of given.sold.filter(which)) {
            const at = seconds(row[0]);
            const left = plot.valToPos(at, "x", true);
            const right = plot.valToPos(at + row[1] * DAY, "x", true);
            const top = plot.valToPos(row[2], "y", true);
            path.rect(left, top, Math.max((right - left) * 0.82, 1), Math.max(floor - top, 0));
        }
        return { stroke: null, fill: path };
    };

    const clipped = (plot, draw) => {
        const { ctx, bbox } = plot;
        ctx.save();
        ctx.beginPath();
        ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
        ctx.clip();
        draw(ctx, bbox, devicePixelRatio);
        ctx.restore();
    };

    /* Sold-out buckets: a dashed frame over the whole height and a cross above, so that colour is not alone. */
    const drawSoldOut = (given) => (plot) => clipped(plot, (ctx, box, ratio) => {
        ctx.strokeStyle = colours.alert;
        ctx.lineWidth = 1.25 * ratio;
        for (const row of given.sold.filter((bucket) => bucket[3])) {
            const at = seconds(row[0]);
            const left = plot.valToPos(at, "x", true);
            const width = Math.max((plot.valToPos(at + row[1] * DAY, "x", true) - left) * 0.82, 3);
            ctx.setLineDash([3 * ratio, 2 * ratio]);
            ctx.strokeRect(left, box.top + ratio, width, box.height - 2 * ratio);
            const x = left + width / 2;
            const y = box.top + 7 * ratio;
            const arm = 3 * ratio;
            ctx.setLineDash([]);
            ctx.beginPath();
            ctx.moveTo(x - arm, y - arm);
            ctx.lineTo(x + arm, y + arm);
            ctx.moveTo(x + arm, y - arm);
            ctx.lineTo(x - arm, y + arm);
            ctx.stroke();
        }
    });

    const drawToday = (today) => (plot) => clipped(plot, (ctx, box, ratio) => {
        const x = plot.valToPos(today, "x", true);
        ctx.strokeStyle = colours["line-strong"];
        ctx.lineWidth = ratio;
        ctx.setLineDash([3 * ratio, 3 * ratio]);
        ctx.beginPath();
        ctx.moveTo(x, box.top);
        ctx.lineTo(x, box.top + box.height);
        ctx.stroke();
    });

    const stepped = uPlot.paths.stepped({ align: 1 });
    const none = { show: false };

    /* Past demand as bars, the fan of quantiles and the mean: series and bands of a panel, and their data. */
    const demandSeries = (given) => {
        const edge = { paths: stepped, width: 0, points: none, spanGaps: false };
        return [
            {},
            { paths: bars(given, (row) => !row[3]), fill: colour("bar"), width: 0, points: none },
            { paths: bars(given, (row) => row[3]), fill: colour("bar"), width: 0, points: none },
            edge, edge, edge, edge, edge, edge,
            { paths: stepped, stroke: colour("mean"), width: 2, points: none },
        ].map((series) => ({ ...series }));
    };
    const fanBands = () => [
        { series: [4, 3], fill: colour("fan-95") },
        { series: [6, 5], fill: colour("fan-80") },
        { series: [8, 7], fill: colour("fan-50") },
    ];
    const demandData = (table) => [table.days, table.sold, table.sold, ...table.fan.slice(1), table.fan[0]];

    window.stockPlots = {
        DAY, seconds, colours, readColours, colour, columns, axes, fromZero, bars, clipped, drawSoldOut, drawToday,
        stepped, none, demandSeries, fanBands, demandData,
    };
})();
