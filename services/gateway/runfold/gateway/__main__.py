"""`python -m runfold.gateway`."""

from runfold.gateway.bootstrap import RemoteGatewaySettings, wire
from runfold.service.serve import main

main("gateway", RemoteGatewaySettings, wire)
