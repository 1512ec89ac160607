/* The trees of supply: fetched when a week or an order is picked. Without this script the form is sent. */
(() => {
    const form = document.querySelector("[data-trees]");
    if (!form) return;
    const target = form.parentElement.querySelector("[data-tree]");
    const spoken = form.parentElement.querySelector("[data-says]");
    const picks = [...form.querySelectorAll("select")];

    const load = async () => {
        const picked = picks.filter((pick) => pick.value);
        if (!picked.length) {
            target.replaceChildren();
            return;
        }
        target.setAttribute("aria-busy", "true");
        try {
            const answer = await fetch(`${form.dataset.url}?${new URLSearchParams(picked.map((pick) => [pick.name, pick.value]))}`);
            if (!answer.ok) throw new Error(String(answer.status));
            target.innerHTML = await answer.text();
            const lines = target.querySelectorAll("li").length;
            spoken.textContent = `${target.querySelector("h3, p")?.textContent ?? ""}${lines ? `: ${lines} lines` : ""}`;
        } catch {
            target.textContent = "The tree could not be loaded. Check the connection and pick again.";
        }
        target.removeAttribute("aria-busy");
    };

    for (const pick of picks) {
        pick.addEventListener("change", () => {
            for (const other of picks) if (other !== pick) other.value = "";
            load();
        });
    }
    form.addEventListener("submit", (event) => {
        event.preventDefault();
        load();
    });
    form.querySelector("button").hidden = true;
})();
