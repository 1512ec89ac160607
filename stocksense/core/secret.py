"""The secret key of a single-machine installation, made once and kept in its data folder."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path


def local_secret_key(data_folder: Path) -> str:
    """The key in `<data folder>/secret_key`, created with mode 0600 where it is missing."""
    path = data_folder / "secret_key"
    if not path.exists():
        data_folder.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=data_folder)  # mode 0600
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(50))
        with suppress(FileExistsError):  # another process was first: its key holds
            os.link(draft, path)
        os.unlink(draft)
    return path.read_text().strip()
