/* Shortcuts of one key, off while typing and off for good where a person wants it; and the help that lists them. */
(() => {
    const desk = window.Desk;
    if (!desk) return;
    const { page } = desk;
    const help = page.querySelector('[data-dialog="help"]');
    let on = page.dataset.singleKeys !== "off";

    const decide = (verb) => {
        const many = desk.everything?.() || (desk.chosen?.().length ?? 0) > 0;
        if (many && page.querySelector(`[data-bulk="${verb}"]`)) desk.bulk(verb);
        else desk.act?.(verb);
    };
    const keys = {
        j: () => desk.step(1),
        k: () => desk.step(-1),
        x: () => desk.now()?.querySelector("input[name=order]")?.click(),
        a: () => decide("approve"),
        d: () => decide("done"),
        r: () => decide("reject"),
        s: () => decide("snooze"),
        e: () => desk.act?.("edit"),
        w: () => desk.now()?.querySelector("[data-why]")?.click(),
        u: () => page.querySelector("[data-undo]:not([hidden])")?.click(),
        "/": () => {
            const search = page.querySelector("[data-search]"), fold = search?.closest("details");
            if (fold && getComputedStyle(fold.querySelector("summary")).display !== "none") fold.open = true;
            search?.focus();
        },
        "?": () => help?.showModal(),
        Enter: () => desk.now()?.querySelector("[data-open]")?.click(),
    };

    document.addEventListener("keydown", (event) => {
        const target = event.target;
        if (!on || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
        if (document.querySelector("dialog[open]") || !Object.hasOwn(keys, event.key)) return;
        if (target.matches("input:not([type=checkbox]), select, textarea, [contenteditable=true]")) return;
        if (event.key === "Enter" && !target.matches("tr[data-line], body")) return;
        event.preventDefault();
        const from = desk.now();
        if (event.key === "x" && from && target !== from && target.matches("input")) from.focus();
        keys[event.key]();
    });

    for (const button of page.querySelectorAll("[data-help]")) {
        button.hidden = false;
        button.addEventListener("click", () => help.showModal());
    }
    page.querySelector("[data-single-keys-form]")?.addEventListener("change", async (event) => {
        on = event.target.checked;
        const answer = await desk.post(event.target.form.action, { single_keys: on ? "on" : "off" });
        desk.announce(answer.ok ? `Shortcuts of one key are ${on ? "on" : "off"}.` : answer.message);
    });
})();
