// The log service's user, for its own database alone; run once, by the image's entrypoint, on an empty volume.
db.getSiblingDB('runfold').createUser({
  user: 'runfold',
  pwd: process.env.RUNFOLD_DATABASE_PASSWORD,
  roles: [{ role: 'readWrite', db: 'runfold' }],
});
