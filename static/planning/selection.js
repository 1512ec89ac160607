/* Counts what is selected and what it is worth; the page's box and the box for all that match. */
(() => {
    const desk = window.Desk;
    if (!desk?.form) return;
    const { form, page } = desk;
    const all = form.querySelector("[data-select-all]");
    const everything = form.querySelector("[data-everything]");
    const says = form.querySelector("[data-selected]");
    const boxes = () => [...form.querySelectorAll('input[name="order"]')];

    const count = () => {
        const known = boxes();
        const chosen = known.filter((box) => box.checked);
        for (const box of known) box.closest("tr").classList.toggle("ss-selected", box.checked);
        if (all) {
            all.checked = chosen.length > 0 && chosen.length === known.length;
            all.indeterminate = chosen.length > 0 && chosen.length < known.length;
        }
        if (!says) return;
        const worth = chosen.reduce((sum, box) => sum + Number(box.closest("tr").dataset.value), 0);
        const money = `${page.dataset.symbol} ${Math.round(worth).toLocaleString("en")}`;
        says.textContent = everything?.checked ? `All: ${everything.dataset.worth}` : chosen.length ? `${chosen.length} selected, ${money}` : "Nothing selected.";
    };

    all?.addEventListener("change", () => {
        for (const box of boxes()) box.checked = all.checked;
        if (!all.checked && everything) everything.checked = false;
        count();
    });
    everything?.addEventListener("change", () => {
        if (everything.checked) for (const box of boxes()) box.checked = true;
        count();
    });
    form.addEventListener("change", (event) => {
        if (event.target.name === "order" && !event.target.checked && everything) everything.checked = false;
        count();
    });
    desk.chosen = () => boxes().filter((box) => box.checked);
    desk.everything = () => Boolean(everything?.checked);
    count();
})();
