/* The item chart: two panels on one time axis that zoom, move their cursor together and say its values in words.
   Without this script the page shows the drawings made on the server. */
(() => {
    const root = document.querySelector("[data-item-chart]");
    const source = document.getElementById("item-chart-data");
    if (!root || !source || !window.uPlot) return;

    const { DAY, seconds, columns } = window.stockPlots;
    const { demand, stock } = window.itemPanels;
    const { inWords } = window.plotFrame;
    const given = JSON.parse(source.textContent);
    const table = columns(given);
    const arrivals = given.arrivals.map(([iso, quantity, planned, label]) => (
        { at: seconds(iso), quantity, label, kind: planned ? "planned" : "open" }
    ));
    let tried = { stock: [], arrivals: [] };

    const number = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
    const amount = (value) => `${number.format(value)} ${given.unit}`;
    const covers = (row, at) => seconds(row[0]) <= at && at < seconds(row[0]) + row[1] * DAY;

    const sayDemand = (at) => {
        const span = given.bucket === "week" ? "in the week of" : "on";
        const sold = given.sold.find((row) => covers(row, at));
        if (sold && at < table.today) {
            return `demand ${amount(sold[2])} ${span} ${inWords(seconds(sold[0]))}${sold[3] ? ", sold out" : ""}`;
        }
        const expected = given.expected.find((row) => covers(row, at));
        if (!expected) return "";
        const [, , mean, , , low, high] = expected;
        return `forecast ${amount(mean)} ${span} ${inWords(seconds(expected[0]))}, `
            + `80 % between ${number.format(low)} and ${number.format(high)}`;
    };

    const sayStock = (at) => {
        const ahead = Math.round((at - table.today) / DAY);
        if (ahead < 0 || ahead >= given.stock.length) return [];
        const parts = [
            `stock at the day's end ${amount(given.stock[ahead])} `
            + `(P10 ${number.format(given.low[ahead])}, P90 ${number.format(given.high[ahead])})`,
        ];
        if (given.reorderPoint.length > ahead) {
            parts.push(`s ${number.format(given.reorderPoint[ahead])}, S ${number.format(given.orderUpTo[ahead])}`);
        }
        if (tried.stock.length > ahead) parts.push(`what if: stock ${amount(tried.stock[ahead])}`);
        return parts;
    };

    const chart = window.plotFrame({
        root,
        table,
        panels: [
            [demand(given, table), root.querySelector('[data-plot="demand"]')],
            [stock(given, table, () => [...arrivals, ...tried.arrivals]), root.querySelector('[data-plot="stock"]')],
        ],
        heights: { narrow: [190, 210], wide: [210, 250] },
        range: "13",
        say: (at) => [
            inWords(at, true) + (at === table.today ? ", today" : ""),
            sayDemand(at),
            ...sayStock(at),
            ...[...arrivals, ...tried.arrivals].filter((row) => row.at === at).map((row) => `arrives: ${row.label}`),
        ].filter(Boolean),
    });
    for (const drawing of document.querySelectorAll("[data-drawing]")) drawing.hidden = true;

    /* What-if results, drawn over the plan; without a detail they go away. */
    document.addEventListener("item:what-if", (event) => {
        const { stock: path = [], reorderPoint = [], orderUpTo = [], arrivals: coming = [] } = event.detail ?? {};
        tried = {
            stock: path,
            arrivals: coming.map(([iso, quantity, label]) => ({ at: seconds(iso), quantity, label, kind: "tried" })),
        };
        const data = [...chart.plots[1].data];
        [data[6], data[7], data[8]] = [table.daily(orderUpTo), table.daily(reorderPoint), table.daily(path)];
        chart.redraw(1, data);
        for (const entry of document.querySelectorAll("[data-tried]")) entry.hidden = !path.length;
    });
})();
