/* What the item chart draws: the demand panel, the stock panel, and the marks on them. Numbers in, uPlot options out. */
(() => {
    const {
        axes, clipped, colour, colours, demandData, demandSeries, drawSoldOut, drawToday, fanBands, fromZero, none,
    } = window.stockPlots;

    /* Supply on the day it comes in: triangle = open order, diamond = proposal, square = proposal of the what-if. */
    const shapes = {
        open: (path, x, y, unit) => { path.moveTo(x, y - 10 * unit); path.lineTo(x + 5 * unit, y); path.lineTo(x - 5 * unit, y); },
        planned: (path, x, y, unit) => { path.moveTo(x, y - 11 * unit); path.lineTo(x + 5 * unit, y - 5.5 * unit); path.lineTo(x, y); path.lineTo(x - 5 * unit, y - 5.5 * unit); },
        tried: (path, x, y, unit) => path.rect(x - 4 * unit, y - 21 * unit, 8 * unit, 8 * unit),
    };
    const drawArrivals = (arrivals) => (plot) => clipped(plot, (ctx, box, ratio) => {
        const floor = plot.valToPos(0, "y", true);
        for (const { at, kind } of arrivals()) {
            const path = new Path2D();
            shapes[kind](path, plot.valToPos(at, "x", true), floor, ratio);
            path.closePath();
            ctx.setLineDash([]);
            ctx.lineWidth = 1.5 * ratio;
            ctx.fillStyle = kind === "open" ? colours.strong : colours.surface;
            ctx.strokeStyle = kind === "tried" ? colours.warn : colours.strong;
            ctx.fill(path);
            ctx.stroke(path);
        }
    });

    const demand = (given, table) => ({
        series: demandSeries(given),
        bands: fanBands(),
        axes: axes(table.anchor),
        scales: { x: { time: true }, y: { range: fromZero } },
        hooks: { draw: [drawSoldOut(given), drawToday(table.today)] },
        data: demandData(table),
    });

    const stock = (given, table, arrivals) => {
        const edge = { width: 0, points: none };
        const line = (name, width, dash) => ({ stroke: colour(name), width, dash, points: none });
        const empty = table.daily([]);
        return {
            series: [
                {}, { ...edge }, { ...edge },
                line("quiet", 1.25, [2, 3]), line("point", 1.5, [6, 4]), line("stock", 2),
                line("warn", 1, [2, 3]), line("warn", 1, [6, 4]), line("warn", 2, [9, 4]),
            ],
            bands: [{ series: [2, 1], fill: colour("stock-soft") }],
            axes: axes(table.anchor),
            scales: { x: { time: true }, y: { range: fromZero } },
            hooks: { draw: [drawToday(table.today), drawArrivals(arrivals)] },
            data: [
                table.days, table.daily(given.low), table.daily(given.high), table.daily(given.orderUpTo),
                table.daily(given.reorderPoint), table.daily(given.stock), empty, empty, empty,
            ],
        };
    };

    window.itemPanels = { demand, stock };
})();
