"""The API's description (OpenAPI 3.1), made from what resources declare; its pages; and what may not change in it."""
