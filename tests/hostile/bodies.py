"""A call's right body for each place of the API that takes one: what is made wrong begins with these."""

from typing import Any

APPLY = "/api/project/main/runs/apply"
SPEC: dict[str, Any] = {
    "run_name": "fuzzed",
    "configuration": {
        "type": "task",
        "commands": ["echo"],
        "env": {"A": "1", "B": "${{ secrets.b }}"},
        "ports": ["80:8080", 9000],
        "resources": {
            "cpu": "2..4",
            "memory": "1GB..",
            "gpu": "A100:40GB:2",
            "disk": "10GB",
            "shm_size": "1MB",
        },
        "max_duration": "2h",
        "stop_duration": 30,
        "retry": {"on_events": ["error"], "duration": "1h"},
        "priority": 3,
        "user": "1:2",
        "image": "busybox:1",
        "entrypoint": "sh -c",
        "registry_auth": {"username": "u", "password": "p"},
        "working_dir": "/",
        "fleets": ["local", "cell/local"],
        "tags": {"a": "b"},
        "nodes": 1,
    },
    "profile": {"name": "default", "max_price": 1.5, "idle_duration": "5m", "spot_policy": "auto"},
    "ssh_key_pub": "ssh-rsa AAAA",
}
FLEET: dict[str, Any] = {
    "configuration": {
        "type": "fleet",
        "name": "own",
        "nodes": "0..2",
        "resources": {"cpu": 1},
        "idle_duration": "1h",
    },
    "profile": {},
}
BODIES: dict[str, Any] = {
    APPLY: {"plan": {"run_spec": SPEC}, "force": False},
    "/api/project/main/runs/get_plan": {"run_spec": SPEC, "max_offers": 5},
    "/api/project/main/gpus/list": {"run_spec": SPEC, "group_by": ["backend", "count"], "reverse": True},
    "/api/project/main/runs/get": {"run_name": "there", "id": None},
    "/api/project/main/runs/stop": {"runs_names": ["there"], "abort": False},
    "/api/project/main/runs/delete": {"runs_names": ["there"]},
    "/api/project/main/fleets/apply": {"plan": {"spec": FLEET}, "force": False},
    "/api/project/main/fleets/get_plan": {"spec": FLEET},
    "/api/project/main/fleets/delete": {"names": ["own"]},
    "/api/runs/list": {"limit": 5, "prev_submitted_at": "2026-01-01T00:00:00Z", "prev_run_id": None, "ascending": True},
    "/api/fleets/list": {"limit": 5, "prev_created_at": "2026-01-01T00:00:00Z", "prev_id": None},
    "/api/projects/list": {"limit": 5, "name_pattern": "m", "prev_created_at": "2026-01-01T00:00:00Z"},
    "/api/projects/create": {"project_name": "made", "is_public": False},
    "/api/events/list": {"limit": 5, "prev_recorded_at": "2026-01-01T00:00:00Z", "prev_id": None, "actors": [None]},
}  # fmt: skip
