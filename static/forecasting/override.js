/* The override's form: asks what it would do while it is written, shows the answer and draws it over the forecast.
   Nothing is saved by asking. Without this script the form is sent like any other. */
(() => {
    const form = document.querySelector("[data-override]");
    if (!form) return;
    const result = form.querySelector("[data-result]");
    const working = form.querySelector("[data-working]");
    const label = form.querySelector("[data-value-label]");
    const { mode, value } = form.elements;
    let waiting = 0;
    let asking = null;

    const draw = (line) => document.dispatchEvent(new CustomEvent("series:preview", { detail: line }));
    const name = () => {
        const unit = value.dataset.unit;
        const scale = mode.value === "scale";
        const many = form.elements.level.value !== "series" && form.elements.level.value !== "item";
        const sign = mode.value === "add" ? ", − to take away" : "";
        label.textContent = scale ? "Factor: 1.2 is 20 % more" : `${many ? "Units" : unit} over the whole span${sign}`;
    };
    const clear = () => {
        result.replaceChildren();
        draw(null);
    };

    const ask = async () => {
        asking?.abort();
        if (!value.value.trim()) {
            clear();
            return;
        }
        asking = new AbortController();
        working.hidden = false;
        try {
            const answer = await fetch(form.dataset.previewUrl, {
                method: "POST", body: new FormData(form), signal: asking.signal, headers: { Accept: "application/json" },
            });
            if (!answer.ok) throw new Error(String(answer.status));
            const { html, line } = await answer.json();
            result.innerHTML = html;
            draw(line);
        } catch (error) {
            if (error.name === "AbortError") return;
            clear();
            result.textContent = "It could not be worked out. Check the connection and change a value again.";
        }
        working.hidden = true;
    };

    form.addEventListener("input", (event) => {
        name();
        if (["comment", "reason"].includes(event.target.name)) return;
        clearTimeout(waiting);
        waiting = setTimeout(ask, 250);
    });
    form.addEventListener("submit", () => {
        clearTimeout(waiting);
        asking?.abort();
    });
    name();
    if (value.value) ask();
})();
