"use strict";

// The API's description, to read and to try with the session of this browser.
{
    const place = document.getElementById("api-docs");
    const cookie = (name) => document.cookie.split("; ").find((part) => part.startsWith(`${name}=`))?.split("=")[1];
    SwaggerUIBundle({
        url: place.dataset.schema,
        domNode: place,
        deepLinking: true,
        docExpansion: "none",
        filter: true,
        validatorUrl: null,
        requestInterceptor: (request) => {
            const token = cookie("csrftoken");
            if (token && new URL(request.url, location.href).origin === location.origin) {
                request.headers["X-CSRFToken"] = token;
            }
            return request;
        },
    });
}
