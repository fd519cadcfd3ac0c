"""Tasks of several nodes on one host, from `runfold up`."""

from tests.end_to_end.embedded import Embedded, free_port

#: The master takes one connection, and says who came; the other connects until it is taken.
_MEET = """
import os, socket, time
host, rank = os.environ["DSTACK_MASTER_NODE_IP"], os.environ["DSTACK_NODE_RANK"]
if rank == "0":
    with socket.create_server((host, PORT)) as server:
        print("met", server.accept()[0].recv(99).decode(), flush=True)
while rank != "0":
    try:
        socket.create_connection((host, PORT)).sendall(("node " + rank).encode())
        break
    except ConnectionRefusedError:
        time.sleep(0.05)
"""


def test_two_nodes_find_each_other_and_end_together(embedded: Embedded) -> None:
    client = embedded.start()
    meet = f"python3 -c '{_MEET.replace('PORT', str(free_port()))}'"

    client.submit(
        meet,
        'wc -l < "$DSTACK_MPI_HOSTFILE"',
        "echo ${{ groups[0].nodes[1].IP_ADDRESS }}",
        name="two",
        nodes=2,
    )
    run = client.wait_for("two")["two"]

    assert run["status"] == "done"
    assert [each["job_spec"]["job_name"] for each in run["jobs"]] == ["two-0-0", "two-1-0"]
    assert client.output(run) == b"met node 1\n2\n127.0.0.1\n"
    assert client.output(run, job=1) == b"2\n127.0.0.1\n"


def test_a_node_that_fails_ends_the_others(embedded: Embedded) -> None:
    client = embedded.start()

    client.submit(
        'test "$DSTACK_NODE_RANK" = 0 || exit 5', "sleep 1000", name="half", nodes=2, stop_duration=5
    )
    run = client.wait_for("half")["half"]

    first, second = (each["job_submissions"][-1] for each in run["jobs"])
    assert (run["status"], run["termination_reason"]) == ("failed", "job_failed")
    assert first["termination_reason"] == "terminated_by_server"
    assert (second["termination_reason"], second["exit_status"]) == ("container_exited_with_error", 5)


def test_the_master_is_enough_where_the_task_says_so_and_begins_first(embedded: Embedded) -> None:
    client = embedded.start()
    order = {"startup_order": "master-first", "stop_criteria": "master-done"}

    client.submit(
        'if [ "$DSTACK_NODE_RANK" = 0 ]; then sleep 0.5; else sleep 1000; fi', name="led", nodes=3, **order
    )
    run = client.wait_for("led")["led"]

    assert (run["status"], run["termination_reason"]) == ("done", "all_jobs_done")
    started = client.history("job.AttemptStarted")
    masters = next(job for job in client.history("job.JobSubmitted") if job["data"]["job_num"] == 0)
    assert started[0]["data"]["job_id"] == masters["data"]["job_id"]
