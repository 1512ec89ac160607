/* Hears of a new plan and of other people's decisions. Neither moves the focus nor what is being typed; without a socket nothing is heard. */
(() => {
    const desk = window.Desk;
    if (!desk) return;
    const { page } = desk;
    const bar = page.querySelector("[data-new-plan]");
    let wait = 1000;

    const showRun = (run) => {
        if (!run || String(run.id) === page.dataset.run || !bar.hidden) return;
        bar.querySelector("[data-new-plan-says]").textContent = `A new plan is ready (run ${run.id}).`;
        bar.hidden = false;
        desk.announce(`A new plan is ready, run ${run.id}. Press the button Show it to see it.`);
    };

    const refresh = async (ids) => {
        const shown = ids.filter((id) => desk.lineOf(id));
        if (!shown.length) return;
        const asked = new URLSearchParams({ ids: shown.join(","), view: page.dataset.view });
        try {
            const answer = await fetch(`${page.dataset.linesUrl}?${asked}`, { headers: { Accept: "application/json" } });
            if (!answer.ok) return;
            const { rows } = await answer.json();
            desk.replace(rows);
            for (const id of Object.keys(rows)) {
                const line = desk.lineOf(id);
                line?.classList.add("ss-heard");
                if (line === desk.now() && !desk.isOpen(line)) desk.announce(line.getAttribute("aria-label"));
            }
        } catch {
            /* the next hint asks again */
        }
    };

    const listen = () => {
        const scheme = window.location.protocol === "https:" ? "wss" : "ws";
        const socket = new WebSocket(`${scheme}://${window.location.host}/ws/planning/`);
        socket.addEventListener("open", () => { wait = 1000; page.dataset.live = "yes"; });
        socket.addEventListener("message", (event) => {
            const news = JSON.parse(event.data);
            showRun(news.run);
            const ids = page.dataset.kind === "orders" ? news.orders : news.exceptions;
            if (news.reload) refresh(desk.lines().map(desk.idOf));
            else if (ids?.length) refresh(ids.map(String));
        });
        socket.addEventListener("close", (event) => {
            page.dataset.live = "no";
            if (event.code === 4403 || wait > 60000) return;
            window.setTimeout(listen, wait);
            wait *= 2;
        });
    };
    if ("WebSocket" in window) listen();
})();
