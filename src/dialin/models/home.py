"""The one folder in which all runs of a user share models, replies and vectors."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from dialin.files import cannot_write


def home_path() -> Path:
    """Return the folder, which may not exist yet: ``$DIALIN_HOME`` if set, else in the user's cache folder."""
    return Path(os.environ.get("DIALIN_HOME") or platformdirs.user_cache_dir("dialin")).expanduser()


def cache_home() -> Path:
    """Return the folder after making it.

    Raises
    ------
    InputError
        It cannot be made.
    """
    home = home_path()
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(home, error) from error
    return home
