"""Instances on each backend: the service around `runfold.domain.provisioning`."""
