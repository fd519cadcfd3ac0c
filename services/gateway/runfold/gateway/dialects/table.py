"""All routes of all dialects."""

from runfold.gateway.dialects import documents
from runfold.gateway.dialects.dstack import routes as dstack
from runfold.gateway.dialects.native import routes as native

ROUTES = [*documents.ROUTES, *dstack.ROUTES, *native.ROUTES]
