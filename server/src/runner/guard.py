"""Stands between the runner and a task, so that the task cannot outlive the runner.

Started as `python -I -S guard.py COMMAND...` in a session of its own, with a socket to the runner on descriptor 3.
It starts COMMAND in another session, adopts whatever the command leaves behind (it is a "child subreaper"), tells the
runner how the command ended in one line of JSON, and then waits. When the socket closes, because the runner is done
or was killed, it kills everything that descends from it and exits. If the guard itself is killed, the kernel kills
the command (PR_SET_PDEATHSIG).
"""

import json
import os
import select
import signal
import sys
import time

CONTROL = 3
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
F_SETPIPE_SZ = 1031


def prctl(option, value):
    """Linux only; elsewhere nothing happens, and process groups have to do."""
    try:
        import ctypes

        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        pass


def widen_output_pipe():
    try:
        import fcntl

        fcntl.fcntl(1, F_SETPIPE_SZ, 1 << 20)
    except (ImportError, OSError):
        pass


def become(command, guard):
    """In the child: turn into the command."""
    os.close(CONTROL)
    os.setsid()
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != guard:
        os._exit(1)
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(name, signal.SIG_DFL)
    prefer_as_victim()
    try:
        os.execvpe(command[0], command, os.environ)
    except OSError as error:
        os.write(2, ("%s: %s\n" % (command[0], error.strerror)).encode())
        os._exit(127 if isinstance(error, FileNotFoundError) else 126)


def prefer_as_victim():
    """Short of memory, the kernel shall take the task, not the runner or the server."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("300")
    except OSError:
        pass


def children_of():
    """The children of every process, by parent."""
    table = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open("/proc/%s/stat" % name, "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            continue
        if fields[0] != b"Z":
            table.setdefault(int(fields[1]), []).append(int(name))
    return table


def descendants():
    table = children_of()
    found, todo = [], [os.getpid()]
    while todo:
        below = table.get(todo.pop(), [])
        found += below
        todo += below
    return found


def kill(pid, number):
    try:
        os.kill(pid, number)
    except OSError:
        pass


def kill_all(main):
    """Stop first, then kill, until nobody is left: a process that forks faster than it is found is caught standing."""
    if not os.path.isdir("/proc/self"):
        try:
            os.killpg(main, signal.SIGKILL)
        except OSError:
            pass
        return
    while True:
        living = descendants()
        if not living:
            return
        for pid in living:
            kill(pid, signal.SIGSTOP)
        for pid in living:
            kill(pid, signal.SIGKILL)
        reap(main, lambda status: None)
        time.sleep(0.005)


def reap(main, on_main):
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        if pid == main:
            on_main(status)


def tell(message):
    try:
        os.write(CONTROL, (json.dumps(message) + "\n").encode())
    except OSError:
        pass


def tell_end(status):
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        try:
            name = signal.Signals(number).name
        except ValueError:
            name = "SIG%d" % number
        tell({"exitCode": None, "signal": name})
    else:
        tell({"exitCode": os.WEXITSTATUS(status), "signal": None})


def wait_until_told(main, wake):
    while True:
        ready, _, _ = select.select([CONTROL, wake], [], [])
        if wake in ready:
            os.read(wake, 4096)
            reap(main, tell_end)
        if CONTROL in ready and not os.read(CONTROL, 4096):
            return


def main():
    os.set_inheritable(CONTROL, False)
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    widen_output_pipe()
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    wake, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    guard = os.getpid()
    pid = os.fork()
    if pid == 0:
        become(sys.argv[1:], guard)
    tell({"pid": pid})
    # The guard must not keep the output open, or its end would never be seen.
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    wait_until_told(pid, wake)
    kill_all(pid)


main()
