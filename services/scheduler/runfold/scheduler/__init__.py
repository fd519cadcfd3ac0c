"""What runs next and where, retries, time-outs, stops: the service around `runfold.domain.scheduling`."""
