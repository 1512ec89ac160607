/* Keeps a job's page up to date: by WebSocket, else by fetching the page every two seconds. */
(() => {
    const page = document.getElementById("job");
    if (!page || page.dataset.ended === "yes") return;
    const ended = ["succeeded", "failed", "cancelled"];
    let over = false;

    const tag = (element, state) => {
        element.className = `ss-tag ss-tag-${state}`;
        element.textContent = state;
    };

    const show = ({ job, steps }) => {
        tag(page.querySelector("[data-state]"), job.state);
        const error = page.querySelector("[data-error]");
        error.textContent = job.error;
        error.hidden = !job.error;
        for (const step of steps) {
            const row = page.querySelector(`[data-step="${step.position}"]`);
            if (!row) continue;
            const bar = row.querySelector("progress");
            bar.max = step.total || 1;
            bar.value = step.done;
            row.querySelector("[data-count]").textContent = step.total ? `${step.done} of ${step.total} ${step.unit}` : "";
            row.querySelector("[data-message]").textContent = step.message;
            tag(row.querySelector("[data-step-state]"), step.state);
        }
        if (ended.includes(job.state)) {
            over = true;
            window.location.reload();
        }
    };

    const poll = async () => {
        if (over) return;
        try {
            const answer = await fetch(window.location.href, { headers: { "X-Requested-With": "fetch" } });
            const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("job");
            if (fresh) {
                page.replaceChildren(...fresh.childNodes);
                over = fresh.dataset.ended === "yes";
            }
        } catch {
            /* the server is away: the next round asks again */
        }
        if (!over) window.setTimeout(poll, 2000);
    };

    const scheme = window.location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${window.location.host}/ws/jobs/${page.dataset.job}/`);
    let polling = false;
    const fallBack = () => {
        if (!over && !polling) {
            polling = true;
            poll();
        }
    };
    socket.addEventListener("message", (event) => show(JSON.parse(event.data)));
    socket.addEventListener("close", fallBack);
    socket.addEventListener("error", fallBack);
})();
