/* Keys of the list: j and k move from row to row, Enter opens, / searches. The page works without them. */
(() => {
    const table = document.querySelector("[data-keyed]");
    if (!table) return;
    const rows = [...table.querySelectorAll("tr[data-row]")];
    const kept = `forecast-row-${window.location.pathname}`;
    let at = -1;

    const go = (number) => {
        at = Math.min(Math.max(number, 0), rows.length - 1);
        rows.forEach((row, place) => {
            row.tabIndex = place === at ? 0 : -1;
            row.classList.toggle("ss-current", place === at);
        });
        rows[at].focus({ preventScroll: true });
        rows[at].scrollIntoView({ block: "nearest" });
        sessionStorage.setItem(kept, rows[at].dataset.row);
    };
    const keys = {
        j: () => go(at + 1),
        k: () => go(at < 0 ? 0 : at - 1),
        Enter: () => rows[at]?.querySelector("[data-open]").click(),
        "/": () => document.querySelector("[data-search]")?.focus(),
    };
    document.addEventListener("keydown", (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
        if (!Object.hasOwn(keys, event.key) || event.target.matches("input, select, textarea")) return;
        if (event.key === "Enter" && !event.target.matches("tr[data-row]")) return;
        event.preventDefault();
        keys[event.key]();
    });
    /* Back from a series: its row is the current one again. */
    const before = rows.findIndex((row) => row.dataset.row === sessionStorage.getItem(kept));
    if (before >= 0) {
        at = before;
        rows[at].classList.add("ss-current");
        rows[at].tabIndex = 0;
    } else if (rows.length) rows[0].tabIndex = 0;
})();
