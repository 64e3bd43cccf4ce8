"""The one folder in which all runs of a user share models, replies and vectors."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from dialin.errors import InputError
from dialin.files import cannot_write


def home_path() -> Path:
    """Return the folder, which may not exist yet: ``$DIALIN_HOME`` if set, else in the user's cache folder.

    Raises
    ------
    InputError
        The user has no home folder, as in a container with an unknown user.
    """
    try:
        return Path(os.environ.get("DIALIN_HOME") or platformdirs.user_cache_dir("dialin")).expanduser()
    except RuntimeError as error:
        raise InputError(
            "this user has no home folder to keep models, replies and vectors in",
            hint="set the environment variable DIALIN_HOME to a folder that can be written",
        ) from error


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


def writable_home() -> Path | None:
    """Return the folder after making it; None if nothing can be written there, as in a read-only image.

    Models are still read from it then, but replies and vectors are not kept for other runs.
    """
    home = home_path()
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return home if os.access(home, os.W_OK) else None
