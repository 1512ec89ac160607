/* Changes a quantity in its line. What was typed stays until it is saved or given up. */
(() => {
    const desk = window.Desk;
    if (!desk?.form) return;
    const { form, page } = desk;

    const close = (line) => {
        line.querySelector("[data-editor]")?.remove();
        line.querySelector(".ss-suggests").hidden = false;
        desk.go(line);
    };

    const field = (name, label, value, width) => {
        const input = Object.assign(document.createElement("input"), { name, value, type: "text", autocomplete: "off", className: `ss-input ${width}` });
        input.setAttribute("aria-label", label);
        return input;
    };

    const open = (line, button) => {
        if (line.querySelector("[data-editor]")) return;
        const box = document.createElement("span");
        box.dataset.editor = "";
        box.className = "ss-editor";
        const quantity = field("quantity", `Quantity of ${line.dataset.name}, ${button.dataset.unit}`, button.dataset.quantity, "ss-input-number");
        quantity.inputMode = "decimal";
        const reason = field("reason", "Reason", "", "ss-input-reason");
        reason.placeholder = "reason";
        const save = Object.assign(document.createElement("button"), { type: "button", className: "ss-button ss-button-primary ss-button-small", textContent: "Save" });
        const problem = Object.assign(document.createElement("span"), { className: "ss-field-error", id: `problem-${desk.idOf(line)}`, hidden: true });
        problem.setAttribute("role", "alert");
        quantity.setAttribute("aria-describedby", problem.id);
        box.append(quantity, reason, save, problem);
        line.querySelector(".ss-suggests").hidden = true;
        line.querySelector(".ss-suggests").after(box);
        quantity.focus();
        quantity.select();

        const token = crypto.randomUUID();
        const send = async () => {
            save.disabled = true;
            const answer = await desk.post(button.formAction, {
                one: desk.idOf(line), run: page.dataset.run, confirmed: "yes", quantity: quantity.value, reason: reason.value, token,
            });
            save.disabled = false;
            if (!answer.ok) {
                problem.textContent = answer.message;
                problem.hidden = false;
                quantity.setAttribute("aria-invalid", "true");
                quantity.focus();
                return;
            }
            const id = desk.idOf(line);
            box.remove();
            desk.replace(answer.rows);
            desk.offerUndo(answer.undo);
            desk.go(desk.lineOf(id));
            desk.say(`${line.dataset.name}: ${answer.message}`);
            desk.announce(`${answer.message} ${desk.place(desk.lineOf(id))}`);
        };
        save.addEventListener("click", send);
        box.addEventListener("keydown", (event) => {
            event.stopPropagation();
            if (event.key === "Escape") close(line);
            if (event.key === "Enter") {
                event.preventDefault();
                send();
            }
        });
    };

    form.addEventListener("click", (event) => {
        const button = event.target.closest('button[data-act="edit"]');
        if (!button) return;
        event.preventDefault();
        open(button.closest("tr[data-line]"), button);
    });
    /* Leaving with something typed asks first. */
    window.addEventListener("beforeunload", (event) => {
        if (form.querySelector("[data-editor]")) event.preventDefault();
    });
})();
