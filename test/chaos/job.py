"""One job of the chaos test: it logs metrics through plain HTTP and writes down what was acknowledged."""
import fcntl, json, os, sys, time, urllib.error, urllib.request

folder, name = os.environ["CHAOS_FOLDER"], os.environ["CHAOS_JOB"]
path = os.path.join(folder, name)


def note(suffix, text):
    with open(path + suffix, "a") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())


# The lock is held as long as this process lives, however it ends.
lock = open(path + ".lock", "w")
try:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError:
    note(".overlap", str(os.getpid()))
    sys.exit(99)
note(".marks", "start")

url = os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/log-batch"
headers = {"Content-Type": "application/json", "Authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"]}


def log(value, step):
    metric = {"key": "loss", "value": value, "timestamp": int(time.time() * 1000), "step": step}
    body = json.dumps({"run_id": os.environ["MLFLOW_RUN_ID"], "metrics": [metric]}).encode()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=5) as answer:
                if answer.status == 200:
                    return note(".acked", str(value))
        except urllib.error.HTTPError as error:
            note(".refused", str(error.code))
        except OSError:
            pass
        time.sleep(0.1)
    sys.exit(98)


for step in range(6):
    log(os.getpid() * 1000 + step, step)
    time.sleep(0.1)
note(".marks", "end")
sys.exit(int(os.environ["CHAOS_EXIT"]))
