"""What Runfold's services say to each other and to the world: events, commits, executor messages."""
