/** The receiving side without Nest: for Express, Fastify and plain Node. */
export { type ReceiverPolicy, verifyDelegatedCall } from './verify-delegated-call.js';
export { type CallHeaders } from './call-credentials.js';
export { type Presenter } from './agreement.js';
export { type SealTrust } from '../../envelope/seal.js';
export { type ClaimMatch, type ClaimPath, type ClaimPaths, DEFAULT_CLAIM_PATHS, type IssuerPolicy, type TokenAlgorithm } from '../../token/issuer-policy.js';
export { type JwkSet, type PublicJwk } from '../../token/jwk-set.js';
export { type KeySource, type KeySourceIo, remoteKeys, staticKeys } from '../../token/key-source.js';
export { ReplayStore } from '../../token/replay-store.js';
export { ExecutionIdentityEnvelope } from '../../envelope/execution-identity-envelope.js';
export { EieError, type EieErrorCode, type Wire, wireOf } from '../../eie.error.js';
