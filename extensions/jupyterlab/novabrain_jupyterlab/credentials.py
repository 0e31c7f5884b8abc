"""Where the Jupyter host keeps the address of the NovaBrain server and the caller's token.

The environment (`NOVABRAIN_URL`, `NOVABRAIN_TOKEN`) wins over the file `credentials.json` in `NOVABRAIN_HOME`
(by default `~/.novabrain`), which only its owner may read: a file open to others is not used. The token of the file is
only ever sent to the server that the file names.
"""

import json
import os
import stat
from pathlib import Path

DEFAULT_URL = "http://127.0.0.1:7077"


def _file() -> Path:
    return home() / "credentials.json"


def _read_file() -> dict:
    try:
        path = _file()
        if os.name == "posix" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            return {}
        found = json.loads(path.read_text("utf-8"))
        return found if isinstance(found, dict) else {}
    except (OSError, ValueError):
        return {}


def server_url() -> str:
    """The address of the NovaBrain server, with no slash at its end."""
    return (os.environ.get("NOVABRAIN_URL") or _read_file().get("url") or DEFAULT_URL).rstrip("/")


def token() -> "str | None":
    """The caller's API key, or None when nobody is signed in."""
    given = os.environ.get("NOVABRAIN_TOKEN")
    if given:
        return given
    kept = _read_file()
    fits = str(kept.get("url", "")).rstrip("/") == server_url()
    return (kept.get("token") or None) if fits else None


def home() -> Path:
    """The data folder on this host."""
    return Path(os.environ.get("NOVABRAIN_HOME") or Path.home() / ".novabrain")


def remember(url: str, new_token: str, project_id: str) -> None:
    """Keep a token; the file is private from its first byte, and whole or absent."""
    path = _file()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        json.dump({"url": url, "token": new_token, "projectId": project_id}, out)
    os.replace(fresh, path)


def forget() -> None:
    """Remove the kept token. One given by the environment stays, for it is not ours to remove."""
    _file().unlink(missing_ok=True)
