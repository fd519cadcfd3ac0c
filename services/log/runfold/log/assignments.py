"""Assignments with the secret values that executors need: the only place where these are in the clear."""

from runfold.contracts.executor import Assignment
from runfold.domain.job.assignment import SecretsMissing, assignment, reminder, secrets_named
from runfold.service.vault import KeyGone, Vault
from runfold.service.view import View


class Assignments:
    def __init__(self, view: View, vault: Vault) -> None:
        self._view, self._vault = view, vault

    async def make(self, attempt_id: str) -> Assignment:
        """Raises SecretsMissing, also for secrets whose key has been deleted, and Unavailable.

        Whoever has claimed it needs no values any more: it runs on without secrets that are gone since.
        """
        cell = self._view.cell
        job, attempt = cell.jobs_by_attempt[attempt_id], cell.attempts[attempt_id]
        run = cell.runs[job.run_id]
        project = cell.projects[run.project_id]
        if attempt.claimed_at is not None:
            return reminder(run, job, attempt, project.name)
        values: dict[str, str] = {}
        for name in secrets_named(job):
            if name in project.secrets:
                try:
                    values[name] = await self._vault.decrypt(project.secrets[name].value)
                except KeyGone:
                    continue
        password = None
        if job.spec.registry_auth is not None:
            try:
                password = await self._vault.decrypt(job.spec.registry_auth.password)
            except KeyGone as error:
                raise SecretsMissing(["registry_auth.password"]) from error
        return assignment(run, job, attempt, project.name, values, password)
