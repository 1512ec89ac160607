/* Worklist comfort: count what is selected, select all, keys. The page works without it. */
(() => {
    const form = document.querySelector("[data-worklist]");
    if (!form) return;
    const boxes = [...form.querySelectorAll('input[name="order"]')];
    const rows = [...form.querySelectorAll("tr[data-line]")];
    const all = form.querySelector("[data-select-all]");
    const says = form.querySelector("[data-selected]");
    const keys = form.querySelector("[data-keys]");
    let current = -1;

    const count = () => {
        const chosen = boxes.filter((box) => box.checked).length;
        if (says) says.textContent = chosen ? `${chosen} of ${boxes.length} on this page selected` : "Select lines to decide on them.";
        if (all) {
            all.checked = chosen > 0 && chosen === boxes.length;
            all.indeterminate = chosen > 0 && chosen < boxes.length;
        }
    };

    const go = (step) => {
        if (!rows.length) return;
        rows[current]?.classList.remove("ss-current");
        current = Math.min(Math.max(current + step, 0), rows.length - 1);
        rows[current].classList.add("ss-current");
        rows[current].scrollIntoView({ block: "nearest" });
        (rows[current].querySelector("input") ?? rows[current].querySelector("a"))?.focus({ preventScroll: true });
    };

    const typed = {
        j: () => go(1),
        k: () => go(-1),
        x: () => rows[current]?.querySelector("input")?.click(),
        a: () => form.querySelector("[data-approve]")?.click(),
        "/": () => document.querySelector("[data-search]")?.focus(),
        Enter: () => rows[current]?.querySelector("[data-open]")?.click(),
    };

    all?.addEventListener("change", () => {
        for (const box of boxes) box.checked = all.checked;
        count();
    });
    form.addEventListener("change", count);
    document.addEventListener("keydown", (event) => {
        const target = event.target;
        const writing = target.matches("input:not([type=checkbox]), select, textarea");
        const ownEnter = event.key === "Enter" && target.matches("a, button, summary");
        if (writing || ownEnter || event.ctrlKey || event.metaKey || event.altKey || !(event.key in typed)) return;
        event.preventDefault();
        typed[event.key]();
    });
    if (keys) keys.hidden = false;
    count();
})();
