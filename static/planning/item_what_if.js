/* The what-if sliders: ask the engine while they move, show the answer, draw it over the chart. Without this script
   the form is sent like any other. */
(() => {
    const form = document.querySelector("[data-what-if]");
    if (!form) return;
    const card = form.closest("section");
    const result = card.querySelector("[data-result]");
    const spoken = card.querySelector("[data-says]");
    const working = card.querySelector("[data-working]");
    const sliders = [...form.querySelectorAll('input[type="range"]')];
    const reset = form.querySelector("[data-reset]");
    let waiting = 0;
    let asking = null;

    const label = (slider) => {
        const sign = slider.dataset.neutral === "0" && Number(slider.value) > 0 ? "+" : "";
        const text = `${sign}${slider.value} ${slider.dataset.unit}`;
        slider.setAttribute("aria-valuetext", text);
        form.querySelector(`output[for="${slider.id}"]`).textContent = text;
    };
    const draw = (chart) => document.dispatchEvent(new CustomEvent("item:what-if", { detail: chart }));

    const ask = async () => {
        asking?.abort();
        asking = new AbortController();
        working.hidden = false;
        const values = new URLSearchParams(sliders.map((slider) => [slider.name, slider.value]));
        try {
            const answer = await fetch(`${form.dataset.url}?${values}`, { signal: asking.signal });
            if (!answer.ok) throw new Error(String(answer.status));
            const { html, chart } = await answer.json();
            result.innerHTML = html;
            spoken.textContent = result.querySelector("[data-summary]")?.textContent ?? "";
            draw(chart);
        } catch (error) {
            if (error.name === "AbortError") return;
            result.textContent = "The engine could not be asked. Check the connection and move a slider again.";
        }
        working.hidden = true;
    };

    form.addEventListener("input", (event) => {
        label(event.target);
        clearTimeout(waiting);
        waiting = setTimeout(ask, 250);
    });
    form.addEventListener("submit", (event) => {
        event.preventDefault();
        clearTimeout(waiting);
        ask();
    });
    form.addEventListener("reset", (event) => {
        event.preventDefault();
        clearTimeout(waiting);
        asking?.abort();
        for (const slider of sliders) {
            slider.value = slider.dataset.neutral;
            label(slider);
        }
        result.replaceChildren();
        working.hidden = true;
        draw(null);
    });
    reset.hidden = false;
    form.querySelector("[data-try]").hidden = true;
    sliders.forEach(label);
    if (result.querySelector("table")) ask();
})();
