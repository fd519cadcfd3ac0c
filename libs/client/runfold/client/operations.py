"""Which operations each group has, for both clients."""

from runfold.client.calls import events, files, fleets, logs, metrics, offers, projects, repos, runs, secrets
from runfold.client.operation import Operation


class RunOperations:
    plan = Operation(runs.plan)
    apply = Operation(runs.apply)
    get = Operation(runs.get)
    list = Operation(runs.listed)
    stop = Operation(runs.stop)
    delete = Operation(runs.delete)


class FleetOperations:
    plan = Operation(fleets.plan)
    apply = Operation(fleets.apply)
    get = Operation(fleets.get)
    list = Operation(fleets.listed)
    delete = Operation(fleets.delete)
    delete_instances = Operation(fleets.delete_instances)


class OfferOperations:
    list = Operation(offers.listed)
    grouped = Operation(offers.grouped)


class ProjectOperations:
    me = Operation(projects.me)
    get = Operation(projects.get)
    list = Operation(projects.listed)
    create = Operation(projects.create)
    add_member = Operation(projects.add_member)
    remove_member = Operation(projects.remove_member)


class FileOperations:
    get = Operation(files.get)
    upload = Operation(files.upload)


class RepoOperations:
    init = Operation(repos.init)
    upload_code = Operation(repos.upload_code)


class SecretOperations:
    list = Operation(secrets.listed)
    get = Operation(secrets.get)
    set = Operation(secrets.put)
    delete = Operation(secrets.delete)


class LogOperations:
    poll = Operation(logs.poll)
    length = Operation(logs.length)


class EventOperations:
    list = Operation(events.listed)
    happened = Operation(events.happened)


class MetricOperations:
    of_job = Operation(metrics.of_job)
