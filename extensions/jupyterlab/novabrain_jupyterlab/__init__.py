"""NovaBrain in JupyterLab: the built extension, and an optional thin proxy to the NovaBrain server.

Nothing heavy is imported here: this module is loaded whenever a Jupyter server starts.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("novabrain_jupyterlab")
except PackageNotFoundError:  # used from a folder of sources
    __version__ = "0"


def _jupyter_labextension_paths():
    return [{"src": "labextension", "dest": "@novabrain/jupyterlab"}]


def _jupyter_server_extension_points():
    return [{"module": "novabrain_jupyterlab"}]


def _load_jupyter_server_extension(server_app):
    from .proxy import add_handlers

    add_handlers(server_app)
    server_app.log.debug("NovaBrain: the proxy answers at /novabrain")
