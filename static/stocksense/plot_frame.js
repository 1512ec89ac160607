/* The frame around charts that share a time axis: they zoom together, move their cursor together by mouse and by keys,
   and say its values in words. `panels` are uPlot options with their `data`; `say` gives the words of a moment. */
(() => {
    const { DAY, readColours } = window.stockPlots;

    const inWords = (at, weekday) => {
        const date = new Date(at * 1000);
        const part = (options) => date.toLocaleDateString("en-US", { timeZone: "UTC", ...options });
        const text = `${date.getUTCDate()} ${part({ month: "short" })} ${date.getUTCFullYear()}`;
        return weekday ? `${part({ weekday: "short" })} ${text}` : text;
    };

    window.plotFrame = ({ root, table, panels, heights, range, say }) => {
        const frame = root.querySelector("[data-plots]");
        const readout = root.querySelector("[data-readout]");
        const live = root.querySelector("[data-live]");
        const buttons = [...root.querySelectorAll("[data-range]")];
        const first = table.days[0];
        const last = table.days[table.days.length - 1];
        const view = { min: first, max: last };
        const plots = [];
        let day = table.index(table.today);
        let moving = false;

        const show = (index = day, aloud = false) => {
            day = Math.min(Math.max(index, 0), table.days.length - 1);
            const [head, ...parts] = say(table.days[day]);
            readout.replaceChildren();
            const title = document.createElement("strong");
            title.textContent = head;
            readout.append(title, ` ${parts.join(" · ")}`);
            if (aloud) live.textContent = `${head}. ${parts.join(". ")}.`;
        };

        /* All panels always show the same span. */
        const span = (name) => {
            if (name === "all") return [first, last];
            const half = Number(name) * 7 * DAY;
            return [Math.max(first, table.today - half), Math.min(last, table.today + half)];
        };
        const press = () => {
            for (const button of buttons) {
                const [low, high] = span(button.dataset.range);
                button.setAttribute("aria-pressed", String(view.min === low && view.max === high));
            }
        };
        const quietly = (act) => {
            moving = true;
            act();
            moving = false;
        };
        const look = (low, high) => {
            const width = Math.min(Math.max(high - low, 7 * DAY), last - first);
            view.min = Math.min(Math.max(low, first), last - width);
            view.max = view.min + width;
            quietly(() => plots.forEach((plot) => plot.setScale("x", { min: view.min, max: view.max })));
            press();
        };
        const followed = (plot, key) => {
            if (key !== "x" || moving || plots.length < panels.length) return;
            const { min, max } = plot.scales.x;
            if (min !== view.min || max !== view.max) look(min, max);
        };
        const pointed = (plot) => {
            if (!moving && plot.cursor.idx != null && plot.cursor.left >= 0) show(plot.cursor.idx);
        };

        readColours();
        root.hidden = false;
        const height = (position) => heights[root.clientWidth < 600 ? "narrow" : "wide"][position];
        const sync = uPlot.sync(root.dataset.sync ?? "chart");
        panels.forEach(([panel, element], position) => {
            const { data, ...options } = panel;
            options.hooks = { ...options.hooks, setScale: [followed], setCursor: [pointed] };
            plots.push(new uPlot({
                ...options, width: frame.clientWidth, height: height(position), legend: { show: false },
                tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "Etc/UTC"), padding: [8, 12, 0, 0],
                cursor: { y: false, points: { show: false }, drag: { x: true, y: false }, sync: { key: sync.key, setSeries: false } },
            }, data, element));
        });
        look(...span(range));

        /* The cursor by keys: day by day, week by week, and the ends of what is shown. */
        const move = (index) => {
            show(index, true);
            const at = table.days[day];
            if (at < view.min || at > view.max) {
                const shift = at < view.min ? at - view.min : at - view.max;
                look(view.min + shift, view.max + shift);
            }
            quietly(() => plots.forEach((plot) => plot.setCursor({ left: plot.valToPos(at, "x"), top: 10 })));
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
            plots.forEach((plot, position) => plot.setSize({ width: frame.clientWidth, height: height(position) }));
        }).observe(frame);
        new MutationObserver(() => {
            readColours();
            for (const plot of plots) plot.redraw();
        }).observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });

        show();
        root.dataset.ready = "yes";
        return {
            plots,
            show,
            /* Other data in a panel, without a change of what is looked at. */
            redraw: (position, data) => {
                quietly(() => {
                    plots[position].setData(data, false);
                    plots[position].setScale("x", { min: view.min, max: view.max });
                });
                plots[position].redraw();
                show();
            },
        };
    };
    window.plotFrame.inWords = inWords;
})();
