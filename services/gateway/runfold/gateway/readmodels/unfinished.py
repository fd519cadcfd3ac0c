"""The runs that are not finished yet: what is asked for most, among very many that are."""

from runfold.contracts import run
from runfold.contracts.envelope import Commit


class Unfinished:
    """Ids of unfinished runs by project, oldest first."""

    def __init__(self) -> None:
        self._by_project: dict[str, dict[str, None]] = {}
        self._project: dict[str, str] = {}

    def of(self, project_id: str) -> list[str]:
        return list(self._by_project.get(project_id, ()))

    def changed(self, commit: Commit | None) -> None:
        if commit is None:
            self._by_project.clear()
            self._project.clear()
            return
        for envelope in commit.events:
            match envelope.data:
                case run.RunSubmitted(run_id=run_id, project_id=project_id):
                    self._by_project.setdefault(project_id, {})[run_id] = None
                    self._project[run_id] = project_id
                case run.RunFinished(run_id=run_id) | run.RunDeleted(run_id=run_id):
                    self._by_project.get(self._project.pop(run_id, ""), {}).pop(run_id, None)
                case _:
                    pass
