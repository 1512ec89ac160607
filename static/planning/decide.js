/* Decides on one line in place: posts, shows the line as it is now, and goes on to the next one that waits. */
(() => {
    const desk = window.Desk;
    if (!desk?.form) return;
    const { form, page } = desk;
    const DONE = { approve: "Approved", reject: page.dataset.kind === "orders" ? "Rejected" : "Dismissed", snooze: "Snoozed", done: "Done" };

    const dialog = (name) => page.querySelector(`[data-dialog="${name}"]`);

    /* Ask in a dialog; the answer's fields, or null where it was cancelled. */
    const ask = (name, title, error) => new Promise((resolve) => {
        const box = dialog(name);
        const fields = box.querySelector("form");
        const problem = box.querySelector("[data-error]");
        box.querySelector("[data-title]").textContent = title;
        problem.textContent = error;
        problem.hidden = !error;
        if (!error) fields.reset();
        box.returnValue = "";
        box.addEventListener("close", () => resolve(box.returnValue === "yes" ? Object.fromEntries(new FormData(fields)) : null), { once: true });
        box.showModal();
    });

    const act = async (line, button) => {
        const verb = button.dataset.act;
        const asks = verb === "reject" || verb === "snooze";
        const fields = { one: desk.idOf(line), run: page.dataset.run, confirmed: "yes", token: crypto.randomUUID() };
        if (button.dataset.answer) fields.answer = button.dataset.answer;
        if (button.dataset.seen) fields.seen = button.dataset.seen;
        let error = "";
        for (;;) {
            const given = asks ? await ask(verb, `${button.title.split(" (")[0]}: ${line.dataset.name}`, error) : {};
            if (!given) {
                desk.go(line);
                return;
            }
            line.classList.add("ss-busy");
            const answer = await desk.post(button.formAction, { ...fields, ...given });
            line.classList.remove("ss-busy");
            if (!answer.ok && answer.field && asks) {
                error = answer.message;
                continue;
            }
            tell(line, verb, answer);
            return;
        }
    };

    const tell = (line, verb, answer) => {
        if (!answer.ok) {
            desk.say(answer.message, { tone: "alert" });
            desk.announce(answer.message);
            desk.go(line);
            return;
        }
        const id = desk.idOf(line);
        const handled = line.querySelector("input[name=order]");
        if (handled) handled.checked = false;
        desk.replace(answer.rows);
        desk.offerUndo(answer.undo);
        const next = desk.nextOpen(desk.lineOf(id));
        desk.go(next);
        const left = desk.lines().filter(desk.isOpen).length;
        desk.say(`${DONE[verb]}: ${line.dataset.name}.`, { links: answer.drafts });
        desk.announce(left ? `${DONE[verb]}. ${desk.place(next)}` : `${DONE[verb]}. Nothing is left on this page.`);
        if (!left) form.dispatchEvent(new CustomEvent("cleared"));
    };

    const undo = async (button) => {
        const answer = await desk.post(document.getElementById("undo-form").action, { batch: button.value });
        if (!answer.ok) {
            desk.say(answer.message, { tone: "alert" });
            desk.announce(answer.message);
            return;
        }
        desk.replace(answer.rows);
        desk.offerUndo(answer.undo);
        desk.say(answer.message);
        const back = Object.keys(answer.rows)[0];
        const line = back ? desk.lineOf(back) : desk.now();
        if (line) desk.go(line);
        desk.announce(line ? `${answer.message} ${desk.place(line)}` : answer.message);
    };

    form.addEventListener("click", (event) => {
        const button = event.target.closest("button[data-act]");
        if (!button || button.dataset.act === "edit") return;
        event.preventDefault();
        act(button.closest("tr[data-line]"), button);
    });
    page.addEventListener("click", (event) => {
        const button = event.target.closest("[data-undo]");
        if (!button) return;
        event.preventDefault();
        undo(button);
    });
    /* All lines of this page are decided: the next ones move up. */
    form.addEventListener("cleared", () => {
        if (document.querySelector(".ss-pager")) window.setTimeout(() => window.location.reload(), 900);
    });

    desk.act = (verb) => {
        const line = desk.now();
        line?.querySelector(`[data-act="${verb}"]`)?.click();
    };
    desk.bulk = (verb) => form.querySelector(`[data-bulk="${verb}"]`)?.click();
})();
