"""Assignments with the secret values that executors need: the only place where these are in the clear."""

from dataclasses import replace

from runfold.contracts.executor import Assignment
from runfold.contracts.values import Ciphertext
from runfold.domain.job.assignment import (
    SecretsMissing,
    archives_named,
    assignment,
    postponed,
    reminder,
    secrets_named,
    withheld,
)
from runfold.domain.job.nodes import addresses
from runfold.domain.job.state import Attempt, Job
from runfold.domain.project.state import Project
from runfold.domain.run.gang import held_back
from runfold.domain.run.state import Run
from runfold.log.deliveries import Deliveries
from runfold.service.vault import KeyGone, Vault
from runfold.service.view import View


class Assignments:
    def __init__(self, view: View, vault: Vault, deliveries: Deliveries) -> None:
        self._view, self._vault, self._deliveries = view, vault, deliveries

    async def make(self, attempt_id: str) -> Assignment | None:
        """None where it is over, and its run has left memory; raises Unavailable.

        Whoever has claimed it needs no values any more: it runs on without secrets that are gone since. Where they are
        gone and no claim is known, one may be on its way: so the executor is told, and says what became of it.
        """
        cell = self._view.cell
        job, attempt = cell.jobs_by_attempt.get(attempt_id), cell.attempts.get(attempt_id)
        if job is None or attempt is None:
            return None
        run = cell.runs[job.run_id]
        project = cell.projects[run.project_id]
        if attempt.claimed_at is not None:
            return reminder(run, job, attempt, project.name)
        if (why := held_back(run, job)) is not None:
            return postponed(run, job, attempt, project.name, why)
        try:
            return await self._with_values(run, job, attempt, project)
        except SecretsMissing as error:
            return withheld(run, job, attempt, project.name, str(error))

    def postponed(self, attempt_id: str, why: str) -> Assignment | None:
        """Instead of one that a fault keeps from being made, so that its executor is told of all the others.

        None where it is over, and its run has left memory.
        """
        cell = self._view.cell
        job, attempt = cell.jobs_by_attempt.get(attempt_id), cell.attempts.get(attempt_id)
        if job is None or attempt is None:
            return None
        run = cell.runs[job.run_id]
        return postponed(run, job, attempt, cell.projects[run.project_id].name, why)

    async def _with_values(self, run: Run, job: Job, attempt: Attempt, project: Project) -> Assignment:
        """Raises SecretsMissing, also for secrets whose key has been deleted."""
        auth = job.spec.registry_auth
        password = await self._revealed(auth.password if auth else None, "registry_auth.password")
        values: dict[str, str] = {}
        sealed = self._view.cell.secrets_of(project.id)
        for name in secrets_named(job, password):
            if name in sealed:
                try:
                    values[name] = await self._vault.decrypt(sealed[name])
                except KeyGone:
                    continue
        repo = job.spec.repo
        key = await self._revealed(repo.private_key if repo else None, "the repo's private key")
        token = await self._revealed(repo.oauth_token if repo else None, "the repo's token")
        parcels = tuple(self._deliveries.of(name, attempt.id) for name in archives_named(job))
        nodes = addresses(run.jobs, self._view.cell.hosts)
        made = assignment(run, job, attempt, project.name, values, password, parcels, nodes)
        return replace(made, repo_private_key=key, repo_oauth_token=token)

    async def _revealed(self, value: Ciphertext | None, what: str) -> str | None:
        """Raises SecretsMissing where its key is gone."""
        try:
            return None if value is None else await self._vault.decrypt(value)
        except KeyGone as error:
            raise SecretsMissing([what]) from error
