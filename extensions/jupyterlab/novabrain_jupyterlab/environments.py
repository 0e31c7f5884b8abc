"""Recreates a pinned environment with uv, from its lock with hashes, and registers it as a kernel of this user."""

import asyncio
import json
import os
import shutil
import sys
from pathlib import Path

from jupyter_core.paths import jupyter_data_dir

from . import credentials


class RestoreFailed(Exception):
    """The environment could not be recreated. The code is one of the error catalogue; the message, what uv said last."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(detail)
        self.code = code


async def restore(digest: str, python_version: str, lock: str) -> str:
    """Make the environment unless it is there already, and give the name of its kernel."""
    folder = credentials.home() / "environments" / digest[:16]
    if not (folder / "complete").exists():
        await _make(folder, python_version, lock)
        (folder / "complete").write_text(digest, "utf-8")
    return _register(folder, digest, python_version)


async def _make(folder: Path, python_version: str, lock: str) -> None:
    uv = _find_uv()
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    await _run(uv, "venv", "--quiet", "--clear", "--no-project", "--python", python_version, str(folder))
    lock_file = folder / "novabrain.lock"
    lock_file.write_text(lock, "utf-8")
    python = str(_python(folder))
    flags = ("--quiet", "--require-hashes", "--allow-empty-requirements", "--python", python)
    await _run(uv, "pip", "sync", *flags, str(lock_file))
    if not _holds_ipykernel(folder):
        await _run(uv, "pip", "install", "--quiet", "--python", python, "ipykernel")


def _register(folder: Path, digest: str, python_version: str) -> str:
    python = _python(folder)
    name = f"novabrain-{digest[:12]}"
    spec = {
        "argv": [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": f"Python {python_version} · NovaBrain {digest[:8]}",
        "language": "python",
        "metadata": {"debugger": True, "novabrain": {"pinDigest": digest}},
    }
    place = Path(jupyter_data_dir()) / "kernels" / name
    place.mkdir(parents=True, exist_ok=True)
    (place / "kernel.json").write_text(json.dumps(spec, ensure_ascii=False, indent=1), "utf-8")
    return name


def _holds_ipykernel(folder: Path) -> bool:
    places = (*folder.glob("lib/python*/site-packages"), folder / "Lib" / "site-packages")
    return any((place / "ipykernel").exists() for place in places)


def _python(folder: Path) -> Path:
    return folder / "Scripts" / "python.exe" if os.name == "nt" else folder / "bin" / "python"


def _find_uv() -> str:
    """As configured, on the PATH, beside this Python, among the tools of the data folder, or where its installer puts it."""
    program, scripts = ("uv.exe", "Scripts") if os.name == "nt" else ("uv", "bin")
    beside = Path(sys.executable).with_name(program)
    kept = credentials.home() / "tools" / scripts / program
    own = Path.home() / ".local" / "bin" / program
    for candidate in (os.environ.get("NOVABRAIN_UV"), shutil.which("uv"), beside, kept, own):
        if candidate and Path(candidate).exists():
            return str(candidate)
    raise RestoreFailed("uv_not_found")


async def _run(*command: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    if process.returncode != 0:
        detail = said.decode("utf-8", "replace").strip()[-500:] or f"{command[0]} failed"
        raise RestoreFailed("environment_restore_failed", detail)
