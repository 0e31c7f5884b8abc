"""Runs a notebook in the job's own Python and tells, cell by cell, what happened.

Started by the runner as `python -I notebook_driver.py PLAN`, in an environment of NovaBrain's own that has nbclient.
PLAN is a JSON file:
  notebook     the notebook to run
  output       where the executed notebook is kept; it is replaced whole after every cell
  report       where the outcome is told, as JSON; replaced after every cell
  python       the interpreter of the kernel
  kernels      a scratch folder for the kernel's description and connection
  parameters   values injected after the cell tagged `parameters`, as papermill does

What cells print goes to standard output as it arrives. The exit code is 0 when every cell ran, 1 when one failed, and 2
when the notebook could not be run at all; the report says why.
"""

import asyncio
import json
import os
import re
import signal
import sys
import tempfile

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

KERNEL = "novabrain"
# A kernel that ends may still have to send what it logged.
KERNEL_FAREWELL_S = 30
# A Unix socket takes about 107 bytes of path, of which the number of the channel needs a few.
LONGEST_SOCKET = 96
KEPT_STREAM_BYTES = 8 * 1024 * 1024
LEFT_OUT = "\n[The rest of this output is in the log of the job.]\n"
IDENTIFIER = re.compile(r"^[^\W\d]\w*$")


class NotebookRefused(Exception):
    """The notebook cannot be run; the message says why."""


def write(text):
    """To the log, whatever the text holds."""
    data = memoryview(text.encode("utf-8", "replace"))
    while data:
        data = data[os.write(1, data) :]


def replace_file(path, text):
    """Whole or not at all, also when the machine stops in between."""
    temporary = path + ".partial"
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def read_notebook(path):
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except Exception as error:
        raise NotebookRefused("the notebook cannot be read: %s" % (str(error).splitlines() or [""])[0]) from error
    language = notebook.metadata.get("kernelspec", {}).get("language", "python")
    if language.lower() not in ("python", "ipython"):
        raise NotebookRefused("the notebook is written in %s; only Python notebooks can be run" % language)
    return notebook


def literal(value):
    """A Python expression for a JSON value."""
    if isinstance(value, list):
        return "[%s]" % ", ".join(literal(item) for item in value)
    if isinstance(value, dict):
        return "{%s}" % ", ".join("%r: %s" % (key, literal(item)) for key, item in value.items())
    return repr(value)


def tags_of(cell):
    return cell.metadata.get("tags", [])


def inject(notebook, parameters):
    """Put the parameters after the cell tagged `parameters` (else first). Returns where they stand now, or None."""
    cells = [cell for cell in notebook.cells if "injected-parameters" not in tags_of(cell)] if parameters else notebook.cells
    if not parameters:
        return None
    wrong = [name for name in parameters if not IDENTIFIER.match(name)]
    if wrong:
        raise NotebookRefused("%r is not a name a parameter can have" % wrong[0])
    lines = ["# Parameters"] + ["%s = %s" % (name, literal(value)) for name, value in parameters.items()]
    cell = nbformat.v4.new_code_cell("\n".join(lines), metadata={"tags": ["injected-parameters"]})
    if (notebook.nbformat, notebook.nbformat_minor) < (4, 5):
        cell.pop("id", None)
    after = next((index for index, other in enumerate(cells) if "parameters" in tags_of(other)), -1)
    notebook.cells = cells[: after + 1] + [cell] + cells[after + 1 :]
    return after + 1


class StreamingClient(NotebookClient):
    """nbclient, with every output also written to the log as it arrives."""

    kept = 0

    def process_message(self, msg, cell, cell_index):
        kind, content = msg["msg_type"], msg["content"]
        if kind == "stream":
            write(content["text"])
            if not self.room_for(content):
                return None
        elif kind == "error":
            write("\n".join(content.get("traceback") or ["%s: %s" % (content["ename"], content["evalue"])]) + "\n")
        elif kind in ("display_data", "execute_result"):
            text = content["data"].get("text/plain")
            if text:
                write(text + "\n")
        return super().process_message(msg, cell, cell_index)

    def room_for(self, content):
        """A notebook of hundreds of megabytes opens nowhere: beyond a bound the log alone has the output."""
        before, self.kept = self.kept, self.kept + len(content["text"])
        if self.kept <= KEPT_STREAM_BYTES:
            return True
        content["text"] = LEFT_OUT
        return before <= KEPT_STREAM_BYTES


def strip_colours(text):
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


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
    # Unix sockets, not ports: what a notebook computes is no business of other users of the node.
    manager = AsyncKernelManager(kernel_name=KERNEL, kernel_spec_manager=specs, connection_file=connection,
                                 transport="ipc", ip=socket_place(plan["kernels"]))
    manager.shutdown_wait_time = KERNEL_FAREWELL_S
    return manager


class Session:
    """One run of one notebook."""

    def __init__(self, plan):
        self.plan = plan
        self.stopping = False
        self.report = {"status": "running", "cellIndex": None, "cellsDone": 0, "cellCount": 0, "ename": None,
                       "evalue": None, "traceback": None, "kernelSignal": None, "detail": None}

    def tell(self, **facts):
        self.report.update(facts)
        replace_file(self.plan["report"], json.dumps(self.report))

    def save(self):
        replace_file(self.plan["output"], nbformat.writes(self.notebook))

    def original_index(self, index):
        """Where a cell stands in the notebook as it was submitted."""
        return index - 1 if self.injected is not None and index > self.injected else index

    async def run(self):
        self.notebook = read_notebook(self.plan["notebook"])
        self.injected = inject(self.notebook, self.plan["parameters"])
        self.manager = kernel_manager(self.plan)
        self.client = StreamingClient(
            self.notebook,
            km=self.manager,
            timeout=None,
            coalesce_streams=True,
            startup_timeout=300,
            iopub_timeout=30,
            resources={"metadata": {"path": os.path.dirname(self.plan["notebook"])}},
        )
        self.client.reset_execution_trackers()
        try:
            async with self.client.async_setup_kernel(cleanup_kc=True):
                asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.stop)
                return await self.run_cells()
        except RuntimeError as error:
            if self.report["status"] != "running" or self.report["cellsDone"] > 0:
                raise
            raise NotebookRefused("the kernel did not start: %s" % error) from error

    def stop(self):
        """The kernel was told too (the whole tree is). The cell may end well in its grace period; no other starts."""
        self.stopping = True
        asyncio.get_running_loop().create_task(self.leave_when_kernel_is_gone())

    async def leave_when_kernel_is_gone(self):
        while await self.manager.is_alive():
            await asyncio.sleep(0.05)
        self.finish_quietly()

    def finish_quietly(self):
        try:
            self.save()
            self.tell(status="stopped")
        finally:
            os._exit(1)

    async def run_cells(self):
        code = [cell for cell in self.notebook.cells if cell.cell_type == "code" and cell.source.strip()]
        for cell in code:
            cell.outputs, cell.execution_count = [], None
        self.tell(cellCount=len(code))
        self.save()
        number = 0
        for index, cell in enumerate(self.notebook.cells):
            if cell.cell_type != "code" or not cell.source.strip():
                continue
            if self.stopping:
                self.finish_quietly()
            number += 1
            write("[cell %d/%d]\n" % (number, len(code)))
            self.client.kept = 0
            self.tell(cellIndex=self.original_index(index))
            if not await self.run_cell(cell, index):
                return 0 if self.report["status"] == "succeeded" else 1
            self.save()
            self.tell(cellsDone=number)
        self.client.set_widgets_metadata()
        self.save()
        self.tell(status="succeeded", cellIndex=None)
        return 0

    async def run_cell(self, cell, index):
        """Returns whether to go on."""
        try:
            await self.client.async_execute_cell(cell, index, execution_count=self.client.code_cells_executed + 1)
            return True
        except CellExecutionError as error:
            self.save()
            if error.ename == "SystemExit" and error.evalue in ("", "0", "None"):
                self.tell(status="succeeded", cellIndex=None)
            else:
                self.tell(status="cell_failed", **self.error_of(cell, error))
        except (DeadKernelError, CellTimeoutError) as error:
            self.save()
            if self.stopping:
                self.finish_quietly()
            self.tell(status="kernel_died", kernelSignal=self.kernel_signal(), detail=str(error))
        return False

    def error_of(self, cell, error):
        shown = next((output for output in cell.outputs if output.output_type == "error"), None)
        traceback = strip_colours("\n".join(shown.traceback)) if shown else str(error)
        return {"ename": error.ename, "evalue": strip_colours(error.evalue or ""), "traceback": traceback[-20000:]}

    def kernel_signal(self):
        process = getattr(self.manager.provisioner, "process", None)
        code = process.poll() if process is not None else None
        if code is None or code >= 0:
            return None
        try:
            return signal.Signals(-code).name
        except ValueError:
            return "SIG%d" % -code


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        plan = json.load(file)
    session = Session(plan)
    try:
        return asyncio.run(session.run())
    except NotebookRefused as refused:
        write("%s\n" % refused)
        session.tell(status="refused", detail=str(refused))
        return 2


if __name__ == "__main__":
    sys.exit(main())
