/* Loads the explanation of a line when it is opened, into a row below it. */
(() => {
    const desk = window.Desk;
    if (!desk?.form) return;

    const toggle = async (link) => {
        const line = link.closest("tr[data-line]");
        const next = line.nextElementSibling;
        if (next?.matches(".ss-why-row")) {
            next.remove();
            link.setAttribute("aria-expanded", "false");
            return;
        }
        const row = document.createElement("tr");
        row.className = "ss-why-row";
        const cell = Object.assign(document.createElement("td"), { colSpan: line.cells.length, className: "ss-text" });
        cell.textContent = "Loading…";
        row.append(cell);
        line.after(row);
        link.setAttribute("aria-expanded", "true");
        try {
            const answer = await fetch(link.href, { headers: { "X-Requested-With": "fetch" } });
            if (!answer.ok) throw new Error(answer.status);
            cell.innerHTML = await answer.text();
            desk.announce(cell.textContent.trim().replace(/\s+/g, " "));
        } catch {
            cell.textContent = "The explanation could not be loaded: a newer plan may be current. Load the page again.";
        }
    };

    desk.form.addEventListener("click", (event) => {
        const link = event.target.closest("a[data-why]");
        if (!link || event.ctrlKey || event.metaKey) return;
        event.preventDefault();
        toggle(link);
    });
    desk.form.addEventListener("keydown", (event) => {
        if (event.key !== " " || !event.target.matches("a[data-why]")) return;
        event.preventDefault();
        toggle(event.target);
    });
})();
