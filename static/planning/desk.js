/* What the scripts of a list share: its lines, the current one, saying things, and posting. The page works without them. */
(() => {
    const page = document.querySelector("[data-desk]");
    if (!page) return;
    const form = page.querySelector("[data-worklist]");
    const status = page.querySelector("[data-announce]");
    const noun = page.dataset.noun;
    let current = null;

    const lines = () => (form ? [...form.querySelectorAll("tr[data-line]")] : []);
    const isOpen = (line) => !line.classList.contains("ss-line-settled");
    const idOf = (line) => line.dataset.line;
    const lineOf = (id) => form?.querySelector(`tr[data-line="${id}"]`);

    const announce = (text) => {
        status.textContent = "";
        window.setTimeout(() => { status.textContent = text; }, 50);
    };
    const place = (line) => {
        const all = lines();
        return `${noun[0].toUpperCase()}${noun.slice(1)} ${all.indexOf(line) + 1} of ${all.length}: ${line.dataset.name}`;
    };

    /* Make a line the current one: it alone is in the tab order, and it gets the focus where `focus` says so. */
    const go = (line, { focus = true } = {}) => {
        if (!line) return;
        for (const other of lines()) {
            other.tabIndex = other === line ? 0 : -1;
            other.classList.toggle("ss-current", other === line);
        }
        current = idOf(line);
        if (focus) {
            line.focus({ preventScroll: true });
            line.scrollIntoView({ block: "nearest" });
        }
    };
    const now = () => lineOf(current);
    const step = (by) => {
        const all = lines();
        const at = all.indexOf(now());
        go(all[Math.min(Math.max(at + by, 0), all.length - 1)] ?? all[0]);
    };
    /* The next line that waits for a word after this one, else the one before it, else the line itself. */
    const nextOpen = (line) => {
        const all = lines();
        const at = all.indexOf(line);
        return all.slice(at + 1).find(isOpen) ?? all.slice(0, at).reverse().find(isOpen) ?? line;
    };

    const token = () => page.querySelector("[name=csrfmiddlewaretoken]").value;
    const post = async (url, fields) => {
        const body = new FormData();
        for (const [name, value] of Object.entries(fields)) body.append(name, value);
        body.append("shown", lines().map(idOf).join(","));
        if (!("view" in fields)) body.append("view", page.dataset.view);
        try {
            const headers = { Accept: "application/json", "X-CSRFToken": token() };
            const answer = await fetch(url, { method: "POST", body, headers });
            if (!(answer.headers.get("Content-Type") ?? "").includes("json")) {
                return { ok: false, message: answer.status === 403 ? "You may not do this." : "The server could not answer. Nothing was changed: load the page again.", field: "" };
            }
            return { ok: answer.ok, ...(await answer.json()) };
        } catch {
            return { ok: false, message: "The server cannot be reached. Nothing was changed: try again.", field: "" };
        }
    };

    /* Put fresh lines in the place of old ones without moving the focus or what is being typed. */
    const replace = (rows) => {
        for (const [id, html] of Object.entries(rows ?? {})) {
            const old = lineOf(id);
            if (!old || old.querySelector("[data-editor]")) continue;
            const held = old.contains(document.activeElement);
            const ticked = old.querySelector("input[name=order]")?.checked;
            const body = document.createElement("tbody");
            body.innerHTML = html;
            const fresh = body.firstElementChild;
            old.replaceWith(fresh);
            const box = fresh.querySelector("input[name=order]");
            if (box && ticked) box.checked = true;
            if (id === current) go(fresh, { focus: held });
        }
        form?.dispatchEvent(new Event("change"));
    };
    const offerUndo = (undo) => {
        for (const button of page.querySelectorAll("[data-undo]")) {
            button.hidden = !undo;
            if (!undo) continue;
            button.value = undo.id;
            button.querySelector("[data-undo-says]").textContent = undo.says;
        }
    };

    /* A line at the foot of the page that says what happened; it goes by itself. */
    let toast = null;
    const say = (text, { tone = "good", links = [] } = {}) => {
        toast?.remove();
        toast = document.createElement("div");
        toast.className = `ss-toast ss-toast-${tone}`;
        toast.append(text);
        for (const { number, url } of links) {
            const link = Object.assign(document.createElement("a"), { href: url, textContent: number, className: "ss-link" });
            toast.append(" ", link);
        }
        page.append(toast);
        const shown = toast;
        window.setTimeout(() => shown.remove(), tone === "good" ? 6000 : 12000);
    };

    form?.addEventListener("focusin", (event) => {
        const line = event.target.closest("tr[data-line]");
        if (line && idOf(line) !== current) go(line, { focus: false });
    });

    window.Desk = { page, form, lines, isOpen, idOf, lineOf, announce, place, go, now, step, nextOpen, post, replace, offerUndo, say };

    /* Back from a preview: go on where the work stopped. */
    const key = `desk-place-${page.dataset.kind}`;
    window.addEventListener("pagehide", () => {
        const line = now();
        const at = lines().indexOf(line);
        if (line) sessionStorage.setItem(key, JSON.stringify({ id: idOf(line), at, path: window.location.pathname, scroll: window.scrollY }));
    });
    const all = lines();
    const kept = JSON.parse(sessionStorage.getItem(key) ?? "null");
    sessionStorage.removeItem(key);
    if (all.length && kept?.path === window.location.pathname) {
        go(lineOf(kept.id) ?? all[Math.min(kept.at, all.length - 1)], { focus: false });
        if (document.referrer.includes("/planning/")) now().focus({ preventScroll: false });
    } else if (all.length) {
        all[0].tabIndex = 0;
    }
})();
