"use strict";
// The theme chosen in the admin's menu, else the system's. Runs before the page is drawn.
(() => {
    const system = matchMedia("(prefers-color-scheme: dark)");
    const chosen = () => {
        try {
            return JSON.parse(localStorage.getItem("_x_adminTheme"));
        } catch {
            return null;
        }
    };
    const show = () => {
        const theme = chosen();
        document.documentElement.classList.toggle("dark", theme === "dark" || (theme !== "light" && system.matches));
    };
    system.addEventListener("change", show);
    show();
})();
