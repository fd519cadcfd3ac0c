"""`python -m runfold.provisioner`."""

from runfold.provisioner.bootstrap import ProvisionerSettings, wire
from runfold.service.serve import main

main("provisioner", ProvisionerSettings, wire)
