"""The secret key of a single-machine installation, made once and kept in its data folder."""

import os
import secrets
from pathlib import Path


def local_secret_key(data_folder: Path) -> str:
    """The key in `<data folder>/secret_key`, created with mode 0600 where it is missing."""
    path = data_folder / "secret_key"
    data_folder.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(50))
    return path.read_text().strip()
