/* The item chart: two panels on one time axis that zoom, move their cursor together and say its values in words.
   Without this script the page shows the drawings made on the server. */
(() => {
    const root = document.querySelector("[data-item-chart]");
    const source = document.getElementById("item-chart-data");
    if (!root || !source || !window.uPlot) return;

    const { DAY, seconds, readColours, columns, demand, stock } = window.itemPanels;
    const given = JSON.parse(source.textContent);
    const table = columns(given);
    const frame = root.querySelector("[data-plots]");
    const readout = root.querySelector("[data-readout]");
    const live = root.querySelector("[data-live]");
    const buttons = [...root.querySelectorAll("[data-range]")];
    const first = table.days[0];
    const last = table.days[table.days.length - 1];
    const arrivals = given.arrivals.map(([iso, quantity, planned, label]) => (
        { at: seconds(iso), quantity, label, kind: planned ? "planned" : "open" }
    ));
    let tried = { stock: [], arrivals: [] };
    let day = table.index(table.today);
    let moving = false;

    const number = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
    const amount = (value) => `${number.format(value)} ${given.unit}`;
    const inWords = (at, weekday) => {
        const date = new Date(at * 1000);
        const part = (options) => date.toLocaleDateString("en-US", { timeZone: "UTC", ...options });
        const text = `${date.getUTCDate()} ${part({ month: "short" })} ${date.getUTCFullYear()}`;
        return weekday ? `${part({ weekday: "short" })} ${text}` : text;
    };
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

    const say = (at) => [
        inWords(at, true) + (at === table.today ? ", today" : ""),
        sayDemand(at),
        ...sayStock(at),
        ...[...arrivals, ...tried.arrivals].filter((row) => row.at === at).map((row) => `arrives: ${row.label}`),
    ].filter(Boolean);

    const show = (index, aloud) => {
        day = Math.min(Math.max(index, 0), table.days.length - 1);
        const [head, ...parts] = say(table.days[day]);
        readout.replaceChildren();
        const title = document.createElement("strong");
        title.textContent = head;
        readout.append(title, ` ${parts.join(" · ")}`);
        if (aloud) live.textContent = `${head}. ${parts.join(". ")}.`;
    };

    /* Both panels always show the same span. */
    const view = { min: first, max: last };
    const press = () => {
        for (const button of buttons) {
            const [low, high] = span(button.dataset.range);
            button.setAttribute("aria-pressed", String(view.min === low && view.max === high));
        }
    };
    const span = (range) => {
        if (range === "all") return [first, last];
        const half = Number(range) * 7 * DAY;
        return [Math.max(first, table.today - half), Math.min(last, table.today + half)];
    };
    const look = (low, high) => {
        const width = Math.min(Math.max(high - low, 7 * DAY), last - first);
        view.min = Math.min(Math.max(low, first), last - width);
        view.max = view.min + width;
        moving = true;
        for (const plot of plots) plot.setScale("x", { min: view.min, max: view.max });
        moving = false;
        press();
    };
    const followed = (plot, key) => {
        if (key !== "x" || moving || plots.length < 2) return;
        const { min, max } = plot.scales.x;
        if (min !== view.min || max !== view.max) look(min, max);
    };
    const pointed = (plot) => {
        if (!moving && plot.cursor.idx != null && plot.cursor.left >= 0) show(plot.cursor.idx);
    };

    readColours();
    root.hidden = false;
    const height = () => (root.clientWidth < 600 ? [190, 210] : [210, 250]);
    const plots = [];
    const sync = uPlot.sync("item-chart");
    [[demand(given, table), "demand"], [stock(given, table, () => [...arrivals, ...tried.arrivals]), "stock"]].forEach(
        ([panel, name], position) => {
            const { data, ...options } = panel;
            options.hooks = { ...options.hooks, setScale: [followed], setCursor: [pointed] };
            plots.push(new uPlot({
                ...options, width: frame.clientWidth, height: height()[position], legend: { show: false },
                tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "Etc/UTC"), padding: [8, 12, 0, 0],
                cursor: { y: false, points: { show: false }, drag: { x: true, y: false }, sync: { key: sync.key, setSeries: false } },
            }, data, root.querySelector(`[data-plot="${name}"]`)));
        },
    );
    for (const drawing of document.querySelectorAll("[data-drawing]")) drawing.hidden = true;
    look(...span("13"));

    /* The cursor by keys: day by day, week by week, and the ends of what is shown. */
    const move = (index) => {
        show(index, true);
        const at = table.days[day];
        if (at < view.min || at > view.max) {
            const shift = at < view.min ? at - view.min : at - view.max;
            look(view.min + shift, view.max + shift);
        }
        moving = true;
        for (const plot of plots) plot.setCursor({ left: plot.valToPos(at, "x"), top: 10 });
        moving = false;
    };
    const zoom = (factor) => {
        const at = table.days[day];
        const width = (view.max - view.min) * factor;
        look(at - width / 2, at + width / 2);
    };
    const keys = {
        ArrowLeft: () => move(day - 1),
        ArrowRight: () => move(day + 1),
        PageUp: () => move(day - 7),
        PageDown: () => move(day + 7),
        Home: () => move(table.index(view.min)),
        End: () => move(table.index(view.max)),
        t: () => move(table.index(table.today)),
        "+": () => zoom(0.5),
        "-": () => zoom(2),
        0: () => look(first, last),
    };
    frame.addEventListener("keydown", (event) => {
        if (!(event.key in keys) || event.ctrlKey || event.metaKey || event.altKey) return;
        event.preventDefault();
        event.stopPropagation();
        keys[event.key]();
    });
    for (const button of buttons) button.addEventListener("click", () => look(...span(button.dataset.range)));

    new ResizeObserver(() => {
        plots.forEach((plot, position) => plot.setSize({ width: frame.clientWidth, height: height()[position] }));
    }).observe(frame);
    new MutationObserver(() => {
        readColours();
        for (const plot of plots) plot.redraw();
    }).observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });

    /* What-if results, drawn over the plan; without a detail they go away. */
    document.addEventListener("item:what-if", (event) => {
        const { stock: path = [], reorderPoint = [], orderUpTo = [], arrivals: coming = [] } = event.detail ?? {};
        tried = {
            stock: path,
            arrivals: coming.map(([iso, quantity, label]) => ({ at: seconds(iso), quantity, label, kind: "tried" })),
        };
        const data = [...plots[1].data];
        [data[6], data[7], data[8]] = [table.daily(orderUpTo), table.daily(reorderPoint), table.daily(path)];
        moving = true;
        plots[1].setData(data, false);
        plots[1].setScale("x", { min: view.min, max: view.max });
        moving = false;
        plots[1].redraw();
        for (const entry of document.querySelectorAll("[data-tried]")) entry.hidden = !path.length;
        show(day);
    });

    show(day);
    root.dataset.ready = "yes";
})();
