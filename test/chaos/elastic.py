"""An elastic job of the chaos test: it saves every step, and writes down when it began and with what."""
import fcntl, os, signal, time

checkpoints, folder = os.environ["NOVABRAIN_CHECKPOINTS"], os.environ["CHAOS_FOLDER"]
saved, end = os.path.join(checkpoints, "step"), os.path.join(folder, "elastic.end")
told = []
signal.signal(signal.SIGTERM, lambda *_: told.append(True))


def note(suffix, text):
    with open(os.path.join(folder, "elastic" + suffix), "a") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())


# The lock is held as long as this process lives, however it ends.
lock = open(os.path.join(folder, "elastic.lock"), "w")
try:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError:
    note(".overlap", str(os.getpid()))
    raise SystemExit(99)

step = int(open(saved).read()) if os.path.exists(saved) else 0
note(".began", f"{os.environ['NOVABRAIN_ATTEMPT']} {step} {os.environ['NOVABRAIN_GPU_COUNT']}")
while not told and not os.path.exists(end):
    step += 1
    with open(saved + ".new", "w") as file:
        file.write(str(step))
    os.replace(saved + ".new", saved)
    time.sleep(0.05)
note(".ended", f"{os.environ['NOVABRAIN_ATTEMPT']} {step}")
