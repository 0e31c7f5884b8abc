import type { App } from '../app.js'

const script = `"""A first run: a small training loop that logs to NovaBrain through mlflow."""
import math
import random
import time

import mlflow

with mlflow.start_run():
    mlflow.log_params({"learning_rate": 0.01, "epochs": 200})
    for epoch in range(200):
        loss = math.exp(-epoch / 60) + random.random() * 0.03
        mlflow.log_metrics({"loss": loss, "accuracy": 1 - loss / 1.2}, step=epoch)
        if epoch % 20 == 0:
            print(f"epoch {epoch:3d}  loss {loss:.3f}", flush=True)
        time.sleep(0.02)
print("done")
`

/** Open a script to try a first run with. It is not saved before the user does. */
export const openSample = ({ editor }: App): Promise<void> => editor.showText('first_run.py', 'python', script)
