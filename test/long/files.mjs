/** Paths that `npm test` leaves out, as they begin: what starts other processes or servers, compiles whole documents, fills the memory, or waits for deadlines. */
export const LONG = [
  'libs/postgres/src/bounds',
  'libs/postgres/src/faults',
  'libs/postgres/src/restored',
  'libs/redis/src/faults',
  'test/architecture/imports',
  'test/auth-conformance/',
  'test/dev/',
  'test/documents/documents',
  'test/e2e/clients-that-leave',
  'test/e2e/command-line-process',
  'test/e2e/doctor-command',
  'test/e2e/health',
  'test/e2e/mcp-stdio-process',
  'test/e2e/posture-command',
  'test/e2e/security-events-polled',
  'test/e2e/signer-in-another-process',
  'test/e2e/telemetry/without-opentelemetry',
  'test/examples/realm',
  'test/examples/receivers',
  'test/hazards/a-hostile-module-cannot-make-a-receiver-believe-it',
  'test/hazards/a-store-that-does-not-answer-refuses',
  'test/hazards/who-is-at-its-limit-is-told-and-nobody-else-notices',
  'test/hostile/',
  'test/interop/clients/',
  'test/jobs/attack-jobs',
];

/** Paths of files that `npm test` runs with fewer cases. */
export const PROPERTIES = ['property\\.spec\\.ts$', 'test/e2e/explain-command', 'test/e2e/issuer-source'];
