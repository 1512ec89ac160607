/* Menus close on Escape and on a click elsewhere; one is open at a time, and none leaves the screen. */
(() => {
    const menus = [...document.querySelectorAll("details[data-menu]")];
    for (const menu of menus) {
        menu.addEventListener("toggle", () => {
            if (!menu.open) return;
            for (const other of menus) if (other !== menu) other.open = false;
            const body = menu.querySelector(".ss-menu-body");
            body.classList.remove("ss-menu-right");
            body.classList.toggle("ss-menu-right", body.getBoundingClientRect().right > document.documentElement.clientWidth);
        });
        menu.addEventListener("keydown", (event) => {
            if (event.key !== "Escape" || !menu.open) return;
            event.stopPropagation();
            menu.open = false;
            menu.querySelector("summary").focus();
        });
    }
    document.addEventListener("click", (event) => {
        for (const menu of menus) if (menu.open && !menu.contains(event.target)) menu.open = false;
    });
})();
