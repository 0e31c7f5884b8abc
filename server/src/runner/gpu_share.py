"""Holds PyTorch to a job's share of a GPU.

Python imports this as `sitecustomize` before any program of a job that was given a share of a device. PyTorch takes what
it finds unless it is told, and the others on the device count on the rest. It is told when it first uses CUDA, not
before: until then a program may fork. A `sitecustomize` of the job's own comes after this one.
"""

import importlib.machinery
import importlib.util
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
FRACTION = float(os.environ.get("NOVABRAIN_GPU_MEMORY_FRACTION") or 1)


def hold(torch):
    def limit():
        for device in range(torch.cuda.device_count()):
            torch.cuda.set_per_process_memory_fraction(FRACTION, device)

    try:
        torch.cuda._lazy_call(limit)
    except Exception as error:
        sys.stderr.write("[novabrain] PyTorch is not held to its share of the GPU: %s\n" % error)


class TorchWatch:
    """Finds `torch` where everybody does, and holds it once it is imported."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name != "torch":
            return None
        others = [finder for finder in sys.meta_path if finder is not TorchWatch and hasattr(finder, "find_spec")]
        spec = next(filter(None, (finder.find_spec(name, path, target) for finder in others)), None)
        if spec is None or not hasattr(spec.loader, "exec_module"):
            return spec
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            hold(module)

        spec.loader.exec_module = exec_module
        return spec


def go_on():
    """The `sitecustomize` that Python would have found without us."""
    sys.path[:] = [place for place in sys.path if os.path.abspath(place) != HERE]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize")
    if spec is not None:
        module = importlib.util.module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


if FRACTION < 1:
    sys.meta_path.insert(0, TorchWatch)
go_on()
