"use strict";
// Says what became of a passkey, where the browser or the person refused.
document.addEventListener("allauth.error", (event) => {
    const place = document.getElementById("passkey_error");
    if (!place) return;
    event.preventDefault();
    const name = event.detail.exception?.name;
    const texts = {
        NotAllowedError: "No passkey was used: it was cancelled, or took too long. Try again, or use another way.",
        InvalidStateError: "This passkey is set up already.",
        SecurityError: "Passkeys work only at the site's own address over https.",
        NotSupportedError: "This browser cannot use such a passkey. Try another browser or an authenticator app.",
    };
    place.textContent = texts[name] || "The passkey did not work. Try again, or use another way.";
    place.hidden = false;
});
