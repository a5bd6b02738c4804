/** Paths in `test` that `npm test` leaves out, as they begin: they wait for processes that are started again, and for workers of a queue. */
export const LONG = ['dev/mishaps', 'dev/restarts', 'dev/users', 'jobs/attack-jobs'];

/** Paths of files that `npm test` runs with fewer cases. */
export const PROPERTIES = ['property\\.spec\\.ts$'];
