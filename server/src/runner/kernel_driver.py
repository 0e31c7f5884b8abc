"""Runs a kernel in the job's own Python and carries messages between it and the runner.

Started by the runner as `python -I kernel_driver.py PLAN`, in an environment of NovaBrain's own that has jupyter_client.
PLAN is a JSON file:
  python       the interpreter of the kernel
  kernels      a scratch folder for the kernel's description and connection
  socket       the Unix socket where the runner listens
  report       where a death of the kernel is told, as JSON
  idleMs       the kernel ends when nothing ran in it for so long; null lets it wait

On the socket both sides say a line of JSON at a time: a message of Jupyter (its channel, its four parts, and its buffers
in base64), an order {"order": "interrupt" | "restart" | "shutdown"} to us, news {"news": "ready" | "restarting" | "dead"}
from us. What the kernel prints goes to standard output too, and so to the log of the job. The exit code is that of the
kernel.
"""

import asyncio
import base64
import json
import os
import signal
import sys
import tempfile
import time
from collections import deque

import zmq
import zmq.asyncio
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.session import DELIM

KERNEL = "novabrain"
# A kernel that ends may still have to send what it logged.
KERNEL_FAREWELL_S = 5
STARTUP_S = 300
# A Unix socket takes about 107 bytes of path, of which the number of the channel needs a few.
LONGEST_SOCKET = 96
CHANNELS = ("shell", "control", "stdin", "iopub")
# What may wait for the runner; beyond it output is left out, for the kernel must not be stopped by a slow network.
MOST_WAITING = 64 * 1024 * 1024
LARGEST_MESSAGE = 32 * 1024 * 1024
LONGEST_LINE = 64 * 1024 * 1024
LEFT_OUT = "\n[Some output is left out here: it came faster than it could be sent. The log of the job has the text.]\n"
# Asking what a kernel is does not use it.
NO_ACTIVITY = ("kernel_info_request", "comm_info_request", "interrupt_request")


def write(text):
    """To the log, whatever the text holds."""
    data = memoryview(text.encode("utf-8", "replace"))
    while data:
        data = data[os.write(1, data) :]


def replace_file(path, text):
    temporary = path + ".partial"
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(temporary, path)


def socket_place(folder):
    """Where the sockets of the kernel go: the folder, or a short one elsewhere if the system would not take its name."""
    place = os.path.join(folder, "k")
    return place if len(os.fsencode(place)) <= LONGEST_SOCKET else os.path.join(tempfile.mkdtemp(prefix="nb-"), "k")


def kernel_manager(plan):
    folder = os.path.join(plan["kernels"], "kernels", KERNEL)
    os.makedirs(folder, exist_ok=True)
    spec = {
        "argv": [plan["python"], "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "NovaBrain job",
        "language": "python",
    }
    replace_file(os.path.join(folder, "kernel.json"), json.dumps(spec))
    specs = KernelSpecManager(kernel_dirs=[os.path.join(plan["kernels"], "kernels")], ensure_native_kernel=False)
    connection = os.path.join(plan["kernels"], "connection.json")
    # Unix sockets, not ports: what is computed here is no business of other users of the node.
    manager = AsyncKernelManager(kernel_name=KERNEL, kernel_spec_manager=specs, connection_file=connection,
                                 transport="ipc", ip=socket_place(plan["kernels"]))
    manager.shutdown_wait_time = KERNEL_FAREWELL_S
    return manager


class Line:
    """The socket to the runner. What is said waits here, in bounds, until the runner has taken it."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.waiting = deque()
        self.waiting_bytes = 0
        self.some = asyncio.Event()
        self.leaving_out = False

    def say(self, data, droppable=False):
        if droppable and self.waiting_bytes + len(data) > MOST_WAITING:
            return False
        self.waiting.append(data)
        self.waiting_bytes += len(data)
        self.some.set()
        return True

    def tell(self, news):
        self.say(json.dumps({"news": news}).encode() + b"\n")

    async def pump(self):
        while True:
            await self.some.wait()
            self.some.clear()
            while self.waiting:
                data = self.waiting.popleft()
                self.writer.write(data)
                await self.writer.drain()
                self.waiting_bytes -= len(data)

    async def flush(self):
        while self.waiting_bytes > 0:
            await asyncio.sleep(0.02)
        self.writer.close()
        await self.writer.wait_closed()

    async def lines(self):
        while True:
            line = await self.reader.readline()
            if not line:
                return
            yield json.loads(line)


class Driver:
    def __init__(self, plan, line):
        self.plan, self.line = plan, line
        self.manager = kernel_manager(plan)
        self.sockets = {}
        self.readers = []
        self.busy = False
        self.active_at = time.monotonic()
        self.stopping = False
        self.restarting = False
        self.waiting_for_kernel = []
        self.ready = False

    async def start(self):
        await self.manager.start_kernel(cwd=os.getcwd())
        await self.connect()

    async def connect(self):
        """Open the channels, and wait until the kernel answers and what it publishes arrives here."""
        identity = self.manager.session.bsession
        for channel in CHANNELS:
            socket = getattr(self.manager, "connect_" + channel)(identity=identity)
            if channel == "iopub":
                socket.setsockopt(zmq.RCVHWM, 0)
            self.sockets[channel] = socket
        await asyncio.wait_for(self.greet(), STARTUP_S)
        self.readers = [asyncio.ensure_future(self.read(channel)) for channel in CHANNELS]
        self.busy, self.ready = False, True
        self.touch()
        self.line.tell("ready")
        for message in self.waiting_for_kernel:
            await self.to_kernel(message)
        self.waiting_for_kernel = []

    async def greet(self):
        shell, iopub = self.sockets["shell"], self.sockets["iopub"]
        answered = published = False
        poller = zmq.asyncio.Poller()
        poller.register(shell, zmq.POLLIN)
        poller.register(iopub, zmq.POLLIN)
        while not (answered and published):
            if not await self.manager.is_alive():
                raise ChildProcessError("the kernel ended while it was starting")
            self.manager.session.send(shell, "kernel_info_request")
            for socket, _ in await poller.poll(1000):
                await socket.recv_multipart()
                answered, published = answered or socket is shell, published or socket is iopub
        # Answers to questions asked twice would be taken for those of clients.
        while events := await poller.poll(200):
            for socket, _ in events:
                await socket.recv_multipart()

    def disconnect(self):
        self.ready = False
        for reader in self.readers:
            reader.cancel()
        for socket in self.sockets.values():
            socket.close(linger=0)
        self.readers, self.sockets = [], {}

    async def read(self, channel):
        while True:
            self.from_kernel(channel, await self.sockets[channel].recv_multipart())

    def from_kernel(self, channel, parts):
        at = parts.index(DELIM)
        header, parent, metadata, content, *buffers = parts[at + 2 :]
        kind = json.loads(header)["msg_type"]
        if channel == "iopub":
            self.look(kind, content)
            if json.loads(parent).get("msg_type") not in NO_ACTIVITY:
                self.touch()
        size = len(content) + sum(map(len, buffers))
        if size > LARGEST_MESSAGE:
            return self.leave_out(parent)
        texts = [json.dumps(base64.b64encode(data).decode()).encode() for data in buffers]
        said = self.line.say(
            b'{"channel":"%s","header":%s,"parent_header":%s,"metadata":%s,"content":%s,"buffers":[%s]}\n'
            % (channel.encode(), header, parent, metadata, content, b",".join(texts)),
            droppable=kind in ("stream", "display_data", "update_display_data", "execute_result"),
        )
        if said:
            self.line.leaving_out = False
        elif not self.line.leaving_out:
            self.leave_out(parent)

    def leave_out(self, parent):
        """Say once, where output is missing, that it is."""
        self.line.leaving_out = True
        header = self.manager.session.msg_header("stream")
        notice = {"channel": "iopub", "header": header, "parent_header": json.loads(parent), "metadata": {},
                  "content": {"name": "stderr", "text": LEFT_OUT}, "buffers": []}
        self.line.say(json.dumps(notice, default=lambda date: date.isoformat()).encode() + b"\n")

    def look(self, kind, content):
        """What is published also tells whether the kernel works, and what belongs into the log."""
        if kind == "status":
            self.busy = json.loads(content)["execution_state"] == "busy"
        elif kind == "stream":
            write(json.loads(content)["text"])
        elif kind == "error":
            error = json.loads(content)
            write("\n".join(error.get("traceback") or ["%s: %s" % (error["ename"], error["evalue"])]) + "\n")

    def touch(self):
        self.active_at = time.monotonic()

    async def to_kernel(self, message):
        if not self.ready:
            self.waiting_for_kernel.append(message)
            return
        if message["header"]["msg_type"] not in NO_ACTIVITY:
            self.touch()
        parts = self.manager.session.serialize(message)
        buffers = [base64.b64decode(text) for text in message["buffers"]]
        await self.sockets[message["channel"]].send_multipart(parts + buffers)

    async def listen(self):
        """The runner's end of the line; when it closes, the runner is gone or wants no more of us."""
        orders = {"interrupt": self.interrupt, "restart": self.restart, "shutdown": self.shut_down}
        async for item in self.line.lines():
            order = item.get("order")
            if order is None:
                await self.to_kernel(item)
            else:
                asyncio.ensure_future(orders[order]())
        await self.shut_down()

    async def interrupt(self):
        if self.ready:
            await self.manager.interrupt_kernel()

    async def restart(self):
        """While it starts or restarts there is nothing to restart: it will be new anyway."""
        if not self.ready or self.stopping:
            return
        self.restarting = True
        self.line.tell("restarting")
        write("[the kernel restarts]\n")
        self.disconnect()
        try:
            await self.manager.restart_kernel()
            await self.connect()
        except (ChildProcessError, RuntimeError, asyncio.TimeoutError) as error:
            write("the kernel did not start again: %s\n" % error)
            await self.shut_down()
        finally:
            self.restarting = False

    async def shut_down(self):
        self.stopping = True
        await self.manager.shutdown_kernel()

    async def watch(self):
        """Until the kernel has ended: by itself, by order, or since nobody used it."""
        while self.restarting or await self.manager.is_alive():
            await asyncio.sleep(0.2)
            limit = self.plan["idleMs"]
            if limit is None or self.busy or self.restarting or self.stopping or not self.ready:
                continue
            if (time.monotonic() - self.active_at) * 1000 >= limit:
                write("[the kernel was idle for %d s and ends]\n" % (limit // 1000))
                await self.shut_down()

    def process(self):
        """The process of the kernel; its manager forgets it once it was shut down."""
        return getattr(self.manager.provisioner, "process", None)

    def exit_code(self, process):
        """As the kernel ended; of a signal that nobody of us sent, the report tells."""
        code = process.poll() if process is not None else 0
        if self.stopping or code in (None, 0):
            return 0
        if code > 0:
            return code
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = "SIG%d" % -code
        report = {"status": "kernel_died", "cellIndex": None, "cellsDone": 0, "cellCount": 0, "ename": None,
                  "evalue": None, "traceback": None, "kernelSignal": name, "detail": None}
        replace_file(self.plan["report"], json.dumps(report))
        return 1


async def drive(plan):
    reader, writer = await asyncio.open_unix_connection(plan["socket"], limit=LONGEST_LINE)
    line = Line(reader, writer)
    driver = Driver(plan, line)
    pumping = asyncio.ensure_future(line.pump())
    listening = asyncio.ensure_future(driver.listen())
    # The kernel was told too (the whole tree is); it may take its grace period.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: setattr(driver, "stopping", True))
    try:
        await driver.start()
    except ChildProcessError as error:
        write("%s\n" % error)
    first = driver.process()
    await driver.watch()
    process = driver.process() or first
    listening.cancel()
    # What the kernel published last may still be on its way.
    await asyncio.sleep(0.1)
    driver.disconnect()
    code = driver.exit_code(process)
    line.tell("dead")
    await line.flush()
    pumping.cancel()
    return code


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        plan = json.load(file)
    return asyncio.run(drive(plan))


if __name__ == "__main__":
    sys.exit(main())
