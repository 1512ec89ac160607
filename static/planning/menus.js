/* Menus close on Escape and on a click elsewhere; one is open at a time. */
(() => {
    const menus = [...document.querySelectorAll("details[data-menu]")];
    for (const menu of menus) {
        menu.addEventListener("toggle", () => {
            if (menu.open) for (const other of menus) if (other !== menu) other.open = false;
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
