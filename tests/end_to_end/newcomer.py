"""What a newcomer writes after reading the API's first page: submit a task, ask until it has finished."""

import os
import time
from pathlib import Path

import requests

runs = f"{os.environ['RUNFOLD_TEST_URL']}/api/project/{os.environ['RUNFOLD_TEST_PROJECT']}/runs"
headers = {"Authorization": f"Bearer {os.environ['RUNFOLD_TEST_TOKEN']}"}
public_key = Path(os.environ["RUNFOLD_TEST_PUBLIC_KEY"]).read_text()

task = {"type": "task", "commands": ["echo Start", "sleep 1", "echo Finish"]}
plan = {"run_spec": {"configuration": task, "ssh_key_pub": public_key}}
answer = requests.post(f"{runs}/apply", headers=headers, json={"plan": plan, "force": False}, timeout=30)
name = answer.json()["run_spec"]["run_name"]

status = None
while status not in ("terminated", "aborted", "failed", "done"):
    time.sleep(0.2)
    status = requests.post(f"{runs}/get", headers=headers, json={"run_name": name}, timeout=30).json()[
        "status"
    ]
print(f"Run finished with status {status}")
