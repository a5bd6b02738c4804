/** Parts for `nestjs-eie`, on its exact version. They change without notice: nothing else should import them. */
export { compositeKey } from '../composite-key.js';
export { type Copy, otherCopies, thisCopy } from '../copies.js';
export { digest } from '../digest.js';
export { eieErrorIn, explained, findingOf, isInstance } from '../errors.js';

export { REASON_CODES, textOf } from '../reasons.js';
export { oneLine, printable } from '../printable.js';
export { remedyOf } from '../remedies/remedies.js';

export { canonicalJson } from '../canonical-json.js';
export { type AuditDetail, type AuditSubject, reasonCode } from '../audit/audit-detail.js';
export { areNamed } from '../audit/export/audit-exporter.js';
export { INSTANCE_NAME } from '../audit/log/instance-name.js';
export { oneLine as jsonLine } from '../audit/log/record-line.js';
export { AuditRecorder, type Recorded } from '../audit/audit-recorder.js';

export { assertEnvelope, keepBeside, keptBeside } from '../identity/execution-identity-envelope.js';
export { assertLive } from '../identity/identity-expiry.js';
export { type JobSealing } from '../identity/job.js';
export { approvedArguments } from '../identity/approval.js';
export { droppedOf, isAgentClaimed, rightsOf } from '../identity/admitted-identity.js';
export { issuedParts } from '../identity/issue.js';
export { inboundChain, narrowedRights, sharedMode, type TargetGrant, targetScopes } from '../identity/narrow.js';
export { closedTo, notAllowedTo, unmetRequirement } from '../policy/unmet-requirement.js';
export { engineAllowsEach } from '../policy/policy-engine.js';
export { policyQuestion } from '../policy/policy-question.js';
export { principalKey, shareHolder } from '../identity/principal.js';
export { type Rights } from '../identity/held-rights.js';
export { type DroppedScope, isConfigured } from '../identity/rights.js';
export { revocableIdentity } from '../identity/revocable.js';

export { secondsOf } from '../ports/clock.js';
export { OPTIONAL_STORE_DEADLINE, STORE_DEADLINE, withinDeadline } from '../ports/deadline.js';
export { errorName, storeFailure } from '../ports/diagnostics.js';
export { type DatedRevocation, KnownRevocations, revocationKey } from '../ports/known-revocations.js';
export { failuresOf, worstOf } from '../ports/recent-failures.js';
export { assertFirstUse, type ReplayCheck } from '../ports/replay-store.js';
export { revokes } from '../ports/revocation-store.js';

export { actorChain, sameChain } from '../token/actor-chain.js';
export { apart, CLOCK_SKEW } from '../token/clock-skew.js';
export { seconds, text, words } from '../token/claim-values.js';
export { readClaims, unknownIssuer } from '../token/claims-policy.js';
export { MAX_TOKEN_LENGTH, mediaType, type ParsedJws, parseCompactJws } from '../token/compact-jws.js';
export { DpopNonces } from '../token/dpop-nonces.js';
export { DPOP_ALGORITHMS, verifyDpopProof } from '../token/dpop-proof.js';
export { DocumentFailure, fetchStrictJson, readStrictJson, strictJsonFetch } from '../token/fetch-json.js';
export { isFresh } from '../token/freshness.js';
export { checkLength } from '../token/header-policy.js';
export { isHttpUrl, isIdentifier, isIssuerName, isLoopback } from '../token/identifier.js';
export { checkTokenType } from '../token/header-policy.js';
export { readIntrospection } from '../token/introspected-token.js';
export { isOpaque, joseForm } from '../token/jose-form.js';
export { KeySet } from '../token/jwk-set.js';
export { NOTHING_USABLE } from '../token/static-keys.js';
export { type IssuerEndpoint, IssuerMetadata } from '../token/issuer-metadata.js';
export { claimMatches } from '../token/claim-match.js';
export { type ClaimPath, valueAt } from '../token/claim-path.js';
export { parseStrictJson } from '../token/strict-json.js';
export { named, spellingsOf } from '../token/spelling.js';
export { isTenantAudience, tenantIn } from '../token/tenant-audience.js';
export { parseAccessToken } from '../token/unread-token.js';
export { tokenKey, type VerifiedToken, verifyParsedToken, verifySignature } from '../token/verify-access-token.js';

export { type OpenedJob, openJob } from '../txn/job.js';
export { useAttempt } from '../txn/job-attempt.js';
export { callCredentials } from '../receiver/call-credentials.js';
export { delegableScopes, type SealedEnvelope } from '../txn/open.js';
export { isSigner } from '../txn/signer.js';
