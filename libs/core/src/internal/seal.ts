/** Signs envelopes. For the delegation of `nestjs-eie` alone. */
export { KeyRing } from '../txn/key-ring.js';
export { EnvelopeSealer, sealEnvelope, type SealerOptions } from '../txn/seal.js';
export { type JobDomain, type JobSeal, sealJob } from '../txn/job.js';
