"""A thin proxy: the page talks to its own Jupyter server, which adds the token and passes everything on.

The upstream address is fixed by the host, never by the page. The token is read here for each request and is never sent
to the page. Every handler refuses a caller whom the Jupyter server does not know.
"""

import json
from urllib.parse import quote, urlsplit

from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from jupyter_server.utils import url_path_join
from tornado import web
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketHandler, websocket_connect

from . import credentials

PASSED_UP = ("accept", "accept-language", "content-type", "idempotency-key", "range")
PASSED_DOWN = ("content-type", "content-range", "content-disposition", "etag", "retry-after", "x-request-id")
CALL_TIMEOUT_S = 600
MAX_FRAME_BYTES = 16 * 1024 * 1024


def _authorised(headers):
    token = credentials.token()
    return {**headers, "Authorization": f"Bearer {token}"} if token else headers


def _quoted(path):
    """The path as it stands in an address again (it comes decoded), with nothing in it that leads elsewhere."""
    if any(segment in (".", "..") for segment in path.split("/")):
        raise web.HTTPError(404)
    return quote(path, safe="/")


class HealthHandler(APIHandler):
    """Tells the page that this proxy exists, where it leads, and whether somebody is signed in."""

    @web.authenticated
    async def get(self):
        self.finish(json.dumps({"serverUrl": credentials.server_url(), "signedIn": credentials.token() is not None}))


class SessionHandler(APIHandler):
    """Sign in: the token is tried against the server, then kept on this host. Sign out: it is forgotten."""

    @web.authenticated
    async def put(self):
        given = self.get_json_body() or {}
        token, url = str(given.get("token", "")).strip(), credentials.server_url()
        headers = {"Authorization": f"Bearer {token}"}
        request = HTTPRequest(f"{url}/v1/me", headers=headers, request_timeout=20, follow_redirects=False)
        try:
            answer = await AsyncHTTPClient().fetch(request, raise_error=False)
        except OSError as cause:
            raise web.HTTPError(502, "The NovaBrain server does not answer") from cause
        if answer.code == 200:
            projects = json.loads(answer.body).get("projects") or [{"project": {"id": ""}}]
            credentials.remember(url, token, projects[0]["project"]["id"])
        self.set_status(answer.code if answer.code != 599 else 502)
        self.finish(answer.body or b"{}")

    @web.authenticated
    async def delete(self):
        credentials.forget()
        self.finish(json.dumps({"signedIn": credentials.token() is not None}))


class EnvironmentHandler(APIHandler):
    """Recreates a pinned environment on this host and makes a kernel of it."""

    @web.authenticated
    async def put(self, digest):
        from . import environments

        project_id = str((self.get_json_body() or {}).get("projectId", ""))
        at = f"{credentials.server_url()}/v1/projects/{quote(project_id, safe='')}/environment-pins/{digest}"
        try:
            pin = json.loads((await self._fetch(at)).body)
            lock = (await self._fetch(f"{at}/lock")).body.decode("utf-8")
            kernel_name = await environments.restore(digest, pin["pythonVersion"], lock)
        except environments.RestoreFailed as cause:
            self.set_status(422)
            return self.finish(json.dumps({"code": cause.code, "data": {"detail": str(cause)}}))
        self.finish(json.dumps({"kernelName": kernel_name}))

    async def _fetch(self, address):
        request = HTTPRequest(address, headers=_authorised({}), request_timeout=60, follow_redirects=False)
        try:
            return await AsyncHTTPClient().fetch(request)
        except (OSError, HTTPClientError) as cause:
            raise web.HTTPError(502, "The NovaBrain server does not answer, or has no such pin") from cause


class CallHandler(APIHandler):
    """Passes a call of the API on, and its answer back as it arrives."""

    @web.authenticated
    async def get(self, path):
        await self._pass_on(path)

    post = put = patch = delete = get

    async def _pass_on(self, path):
        request = self._request_for(path)
        try:
            await AsyncHTTPClient().fetch(request, raise_error=False)
        except (OSError, HTTPClientError) as cause:
            raise web.HTTPError(502, "The NovaBrain server does not answer") from cause
        if self._head_status is None:
            raise web.HTTPError(502, "The NovaBrain server does not answer")
        self.finish()

    def _request_for(self, path):
        query = f"?{self.request.query}" if self.request.query else ""
        sent = {name: self.request.headers[name] for name in PASSED_UP if name in self.request.headers}
        return HTTPRequest(
            f"{credentials.server_url()}/{_quoted(path)}{query}",
            method=self.request.method,
            headers=_authorised(sent),
            body=self.request.body or None,
            allow_nonstandard_methods=True,
            follow_redirects=False,
            decompress_response=True,
            request_timeout=CALL_TIMEOUT_S,
            header_callback=self._head,
            streaming_callback=self._body,
        )

    _head_status = None

    def _head(self, line):
        if line.startswith("HTTP/"):
            self._head_status = int(line.split(" ")[1])
            self.set_status(self._head_status)
            return
        name, _, value = line.partition(":")
        if name.lower() in PASSED_DOWN or name.lower().startswith("x-novabrain-"):
            self.set_header(name, value.strip())

    def _body(self, chunk):
        self.write(chunk)
        self.flush()


class LiveHandler(WebSocketMixin, WebSocketHandler, JupyterHandler):
    """A bridge between the page's socket and the server's; it says who it is, so that the page need not."""

    upstream = None

    def set_default_headers(self):
        """Headers of pages mean nothing on a socket."""

    @ws_authenticated
    async def get(self, *args, **kwargs):
        return await super().get(*args, **kwargs)

    async def open(self, path):
        address = urlsplit(credentials.server_url())._replace(path=f"/{path}")
        address = address._replace(scheme="wss" if address.scheme == "https" else "ws").geturl()
        try:
            self.upstream = await websocket_connect(
                HTTPRequest(address, headers=_authorised({}), connect_timeout=20, follow_redirects=False),
                on_message_callback=self._down,
                max_message_size=MAX_FRAME_BYTES,
            )
        except Exception:
            self.close(1013, "The NovaBrain server does not answer")
            return
        token = credentials.token()
        if token:
            await self.upstream.write_message(json.dumps({"type": "authenticate", "token": token}))

    def _down(self, message):
        if message is None:
            self.close(1012, "The NovaBrain server went away")
        elif self.ws_connection is not None:
            self.write_message(message)

    async def on_message(self, message):
        if self.upstream is not None:
            await self.upstream.write_message(message)

    def on_close(self):
        if self.upstream is not None:
            self.upstream.close()


def add_handlers(server_app):
    """Mount the proxy under `<base>/novabrain`."""
    base = server_app.web_app.settings["base_url"]
    at = lambda *parts: url_path_join(base, "novabrain", *parts)  # noqa: E731
    server_app.web_app.add_handlers(
        ".*$",
        [
            (at("health"), HealthHandler),
            (at("session"), SessionHandler),
            (at("environments", r"([0-9a-f]{64})"), EnvironmentHandler),
            (at("api", r"(v1/.*|health/(?:live|ready))"), CallHandler),
            (at("socket", r"(v1/[\w/-]+)"), LiveHandler),
        ],
    )
