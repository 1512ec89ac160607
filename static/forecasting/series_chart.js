/* The chart of a series: sales and what demand is taken for, the forecast's fan, events and overrides on one axis.
   Without this script the tables below hold the numbers. */
(() => {
    const root = document.querySelector("[data-series-chart]");
    const source = document.getElementById("series-chart-data");
    if (!root || !source || !window.uPlot) return;

    const {
        DAY, seconds, colours, colour, columns, axes, fromZero, clipped, drawSoldOut, drawToday, stepped, none,
        demandSeries, fanBands, demandData,
    } = window.stockPlots;
    const { inWords } = window.plotFrame;
    const given = JSON.parse(source.textContent);
    const table = columns(given);
    const number = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
    const amount = (value) => `${number.format(value)} ${given.unit}`;
    const covers = (row, at) => seconds(row[0]) <= at && at < seconds(row[0]) + row[1] * DAY;
    const lasts = (row, at) => seconds(row[0]) <= at && at <= seconds(row[1]);
    let tried = [];

    /* One value per day of a path of buckets: [first day, days, value]. */
    const path = (rows) => {
        const found = new Array(table.days.length).fill(null);
        for (const [iso, days, value] of rows) {
            const from = table.index(seconds(iso));
            for (let day = Math.max(from, 0); day < Math.min(from + days, found.length); day += 1) found[day] = value;
        }
        return found;
    };

    const LINES = [
        ["unconstrained", given.layers.unconstrained?.values ?? [], { stroke: colour("warn"), width: 1.5 }],
        ["used", given.layers.used?.values ?? [], { stroke: colour("good"), width: 1.5, dash: [5, 3] }],
        ["past", given.past, { stroke: colour("mean"), width: 1.5, dash: [2, 3] }],
        ["statistical", given.statistical, { stroke: colour("quiet"), width: 1.5, dash: [6, 4] }],
        ["preview", [], { stroke: colour("warn"), width: 2, dash: [9, 4] }],
    ];
    const shown = {
        "sold-out": given.sold.some((row) => row[3]),
        events: given.events.length > 0,
        overrides: given.overrides.length > 0,
        ...Object.fromEntries(LINES.map(([name, rows]) => [name, rows.length > 0])),
    };
    for (const entry of root.querySelectorAll("[data-legend]")) entry.hidden = !shown[entry.dataset.legend];

    /* Events: a triangle at their first day over a line along their span. Overrides: a bar at the foot. */
    const drawSpans = (plot) => clipped(plot, (ctx, box, ratio) => {
        const edges = ([from, to]) => [plot.valToPos(seconds(from), "x", true), plot.valToPos(seconds(to) + DAY, "x", true)];
        ctx.fillStyle = colours.warn;
        for (const row of given.events) {
            const [left, right] = edges(row);
            ctx.globalAlpha = 0.1;
            ctx.fillRect(left, box.top, Math.max(right - left, ratio), box.height);
            ctx.globalAlpha = 1;
            ctx.beginPath();
            ctx.moveTo(left - 5 * ratio, box.top);
            ctx.lineTo(left + 5 * ratio, box.top);
            ctx.lineTo(left, box.top + 9 * ratio);
            ctx.closePath();
            ctx.fill();
        }
        ctx.fillStyle = colours.accent;
        for (const row of given.overrides) {
            const [left, right] = edges(row);
            ctx.fillRect(left, box.top + box.height - 5 * ratio, Math.max(right - left, ratio), 5 * ratio);
        }
    });

    const data = () => [
        ...demandData(table),
        ...LINES.map(([name, rows]) => path(name === "preview" ? tried : rows)),
    ];
    const panel = {
        series: [...demandSeries(given), ...LINES.map(([, , style]) => ({ paths: stepped, points: none, ...style }))],
        bands: fanBands(),
        axes: axes(table.anchor),
        scales: { x: { time: true }, y: { range: fromZero } },
        hooks: { draw: [drawSoldOut(given), drawSpans, drawToday(table.today)] },
        data: data(),
    };

    const sayPast = (at) => {
        const sold = given.sold.find((row) => covers(row, at));
        if (!sold) return [];
        const when = given.bucket === "week" ? "in the week of" : "on";
        const parts = [`sales ${amount(sold[2])} ${when} ${inWords(seconds(sold[0]))}${sold[3] ? ", sold out" : ""}`];
        for (const layer of Object.values(given.layers)) {
            const row = layer.values.find((one) => covers(one, at));
            if (row && row[2] !== sold[2]) parts.push(`${layer.label} ${amount(row[2])}`);
        }
        const was = given.past.find((row) => covers(row, at));
        if (was) parts.push(`was forecast ${amount(was[2])}`);
        return parts;
    };
    const sayComing = (at) => {
        const row = given.expected.find((one) => covers(one, at));
        if (!row) return [];
        const [, , mean, , , low, high] = row;
        const when = given.bucket === "week" ? "in the week of" : "on";
        const parts = [
            `forecast ${amount(mean)} ${when} ${inWords(seconds(row[0]))}, `
            + `80 % between ${number.format(low)} and ${number.format(high)}`,
        ];
        const before = given.statistical.find((one) => covers(one, at));
        if (before && before[2] !== mean) parts.push(`${amount(before[2])} before overrides`);
        const then = tried.find((one) => covers(one, at));
        if (then && then[2] !== mean) parts.push(`${amount(then[2])} with the override below`);
        return parts;
    };
    const chart = window.plotFrame({
        root,
        table,
        panels: [[panel, root.querySelector('[data-plot="demand"]')]],
        heights: { narrow: [250], wide: [320] },
        range: "52",
        say: (at) => [
            inWords(at, true) + (at === table.today ? ", today" : ""),
            ...sayPast(at),
            ...sayComing(at),
            ...given.events.filter((row) => lasts(row, at)).map((row) => `event: ${row[2]}`),
            ...given.overrides.filter((row) => lasts(row, at)).map((row) => `override ${row[2]}`),
        ],
    });

    /* The override that is being written, drawn over the forecast; without a line it goes away. */
    document.addEventListener("series:preview", (event) => {
        tried = event.detail ?? [];
        for (const entry of root.querySelectorAll('[data-legend="preview"]')) entry.hidden = !tried.length;
        chart.redraw(0, data());
    });
})();
