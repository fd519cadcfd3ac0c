"""What an executor takes: which runtime is chosen, and whether it fits beside the others."""

from runfold.contracts.executor import Assignment, AttemptCondition, AttemptState
from runfold.contracts.values import JobSpec, Quantities
from runfold.executor.admission import Admissions, Choice
from runfold.executor.entries import Attempt
from runfold.executor.holdings import Holdings
from runfold.executor.ledger import Admitted, Refused
from runfold.executor.runtime import Runtime
from runfold.executor.runtimes.memory import MemoryEngine, MemoryRuntime
from tests.unit.executor.log_service import assignment

HOST = Quantities(cpu=1_000, memory=1_000)


class NeedsImage(MemoryRuntime):
    """As docker without a default image."""

    def refusal(self, assignment: Assignment) -> str | None:
        return None if assignment.spec.image else "a container needs an image"


def both() -> dict[str, Runtime]:
    engine = MemoryEngine(lambda: 0)
    return {"docker": NeedsImage(engine, "docker"), "process": MemoryRuntime(engine, "process")}


async def admissions(
    *live: Attempt, choice: Choice = "auto", runtimes: dict[str, Runtime] | None = None
) -> Admissions:
    held = Holdings()
    for attempt in live:
        held.take(attempt)
    made = Admissions(choice, lambda: HOST, held)
    await made.probe(both() if runtimes is None else runtimes)
    return made


def job(
    attempt_id: str = "a", *, image: str | None = None, ports: tuple[int, ...] = (), **requests: int
) -> Assignment:
    return assignment(
        attempt_id, spec=JobSpec("job", ("true",), image=image, ports=ports, requests=Quantities(**requests))
    )


def living(given: Assignment, runtime: str = "process") -> Attempt:
    return Attempt(given, 1, runtime, AttemptCondition("b", "job-b", AttemptState.RUNNING))


async def test_a_job_with_an_image_runs_in_docker_and_one_without_as_a_process() -> None:
    admit = await admissions()
    assert admit(job(image="busybox")) == Admitted("docker")
    assert admit(job()) == Admitted("process")


async def test_a_job_without_an_image_runs_in_docker_where_that_has_one_for_it() -> None:
    engine = MemoryEngine(lambda: 0)
    admit = await admissions(
        runtimes={"docker": MemoryRuntime(engine, "docker"), "process": MemoryRuntime(engine, "process")}
    )
    assert admit(job()) == Admitted("docker")


async def test_a_fixed_choice_is_kept() -> None:
    assert (await admissions(choice="process"))(job()) == Admitted("process")
    refused = (await admissions(choice="docker"))(job())
    assert refused == Refused("creating_container_error", "a container needs an image")


async def test_a_runtime_that_does_not_answer_is_not_offered() -> None:
    engine = MemoryEngine(lambda: 0)
    engine.away = True
    alive = MemoryRuntime(MemoryEngine(lambda: 0), "process")
    made = Admissions("auto", lambda: HOST, Holdings())
    assert await made.probe({"docker": MemoryRuntime(engine, "docker"), "process": alive}) == ("process",)
    refused = made(job(image="busybox"))
    assert isinstance(refused, Refused)
    assert "docker" in refused.message


async def test_what_is_left_of_the_host_is_counted_over_all_that_lives() -> None:
    live = [living(job("b", cpu=300)), living(job("c", cpu=300))]
    admit = await admissions(*live)
    assert admit(job(cpu=400)) == Admitted("process")
    assert admit(job(cpu=401)) == Refused(
        "failed_to_start_due_to_no_capacity", "cpu: 401 asked for, 400 free"
    )


async def test_memory_is_counted_as_well() -> None:
    refused = (await admissions(living(job(memory=900))))(job(memory=200))
    assert isinstance(refused, Refused)
    assert refused.message == "memory: 200 asked for, 100 free"


async def test_two_processes_do_not_get_the_same_port_of_the_host() -> None:
    admit = await admissions(living(job(ports=(8000,))))
    assert admit(job(ports=(8000,))) == Refused(
        "creating_container_error", "port 8000 of the host is taken by another job"
    )
    assert admit(job(ports=(8001,))) == Admitted("process")


async def test_containers_have_ports_of_their_own() -> None:
    admit = await admissions(living(job(image="busybox", ports=(8000,)), "docker"))
    assert admit(job(image="busybox", ports=(8000,))) == Admitted("docker")


async def test_an_id_that_could_leave_its_directory_is_refused() -> None:
    admit = await admissions()
    for attempt_id in ("../a", "", "a/b", "a" * 65):
        assert isinstance(admit(assignment(attempt_id)), Refused)
