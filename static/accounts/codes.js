"use strict";
// Recovery codes as a file or on paper. Nothing leaves the browser.
(() => {
    const codes = [...document.querySelectorAll("#recovery_codes code")].map((code) => code.textContent);
    const download = document.getElementById("download_codes");
    const print = document.getElementById("print_codes");
    download.hidden = print.hidden = false;
    print.addEventListener("click", () => window.print());
    download.addEventListener("click", () => {
        const text = `StockSense recovery codes for ${location.host}\nEach works once.\n\n${codes.join("\n")}\n`;
        const link = document.createElement("a");
        link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
        link.download = "stocksense-recovery-codes.txt";
        link.click();
        URL.revokeObjectURL(link.href);
    });
})();
