/* A basket's running totals and keys. What counts is what the server computes for the preview. */
(() => {
    const form = document.querySelector("[data-basket]");
    if (!form) return;
    const rows = [...form.querySelectorAll("tr[data-line]")];
    const total = form.querySelector("[data-total]");
    const goals = [...document.querySelectorAll("[data-goal]")];
    const currency = form.dataset.currency;
    let current = -1;

    const number = (value, digits = 0) => value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
    const money = (value) => `${currency} ${number(value, Math.abs(value) < 100 && !Number.isInteger(value) ? 2 : 0)}`;
    const amount = (value, kind) => (kind === "value" ? money(value) : `${number(value, 1).replace(/\.0$/, "")} ${kind === "volume" ? "m³" : "kg"}`);
    const typed = (row) => Math.max(Number.parseFloat(row.querySelector("input[type=number]").value) || 0, 0);

    const price = (row, quantity) => {
        let found = Number(row.dataset.price);
        for (const [start, lower] of JSON.parse(row.dataset.breaks)) if (start <= quantity + 1e-9) found = lower;
        return found;
    };

    const count = () => {
        const sums = { value: Number(form.dataset.baseValue), volume: Number(form.dataset.baseVolume), weight: Number(form.dataset.baseWeight) };
        let lines = 0;
        for (const row of rows) {
            const quantity = typed(row);
            const use = Number(row.dataset.use);
            row.querySelector("[data-value]").textContent = money(quantity * price(row, quantity));
            row.querySelector("[data-cover]").textContent = use > 0 ? `${number((Number(row.dataset.position) + quantity) / use)} d` : "–";
            if (!row.querySelector("input[type=checkbox]").checked || !quantity) continue;
            lines += 1;
            sums.value += quantity * price(row, quantity);
            sums.volume += quantity * Number(row.dataset.volume);
            sums.weight += quantity * Number(row.dataset.weight);
        }
        const parts = [`${lines} line${lines === 1 ? "" : "s"} selected, ${money(sums.value)} in the order`];
        for (const kind of ["volume", "weight"]) if (sums[kind]) parts.push(amount(sums[kind], kind));
        total.textContent = parts.join(", ");
        for (const goal of goals) {
            const { goal: kind, target } = goal.dataset;
            const missing = Number(target) - sums[kind];
            const percent = Math.min(Math.floor((sums[kind] / Number(target)) * 100), 100);
            const bar = goal.querySelector("progress");
            bar.value = percent;
            bar.setAttribute("aria-label", bar.getAttribute("aria-label").replace(/\d+ %$/, `${percent} %`));
            goal.querySelector("[data-has]").textContent = amount(sums[kind], kind);
            const says = goal.querySelector("[data-missing]");
            if (says) says.textContent = missing > 1e-9 ? `${amount(missing, kind)} missing` : "reached";
        }
    };

    const go = (step) => {
        if (!rows.length) return;
        rows[current]?.classList.remove("ss-current");
        current = Math.min(Math.max(current + step, 0), rows.length - 1);
        rows[current].classList.add("ss-current");
        rows[current].scrollIntoView({ block: "nearest" });
        rows[current].querySelector("input[type=checkbox]").focus({ preventScroll: true });
    };

    const keys = {
        j: () => go(1),
        k: () => go(-1),
        x: () => rows[current]?.querySelector("input[type=checkbox]").click(),
        e: () => rows[current]?.querySelector("input[type=number]").select(),
        a: () => form.querySelector("[data-approve]")?.click(),
        Enter: () => rows[current]?.querySelector("[data-open]")?.click(),
    };

    form.addEventListener("input", (event) => {
        if (event.target.matches("input[type=number]")) event.target.closest("tr").querySelector("input[type=checkbox]").checked = typed(event.target.closest("tr")) > 0;
        count();
    });
    document.addEventListener("keydown", (event) => {
        const target = event.target;
        if (event.key === "Escape" && target.matches("input[type=number]")) return go(0);
        const writing = target.matches("input:not([type=checkbox]), select, textarea");
        const ownEnter = event.key === "Enter" && target.matches("a, button, summary");
        if (writing || ownEnter || event.ctrlKey || event.metaKey || event.altKey || !(event.key in keys)) return;
        event.preventDefault();
        keys[event.key]();
    });
    const help = form.querySelector("[data-keys]");
    if (help) help.hidden = false;
    count();
})();
