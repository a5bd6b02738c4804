/** Signs client assertions. For the issuers of `nestjs-eie` alone. */
export { localSigner } from '../txn/local-signer.js';
export { signCompact } from '../txn/signer.js';
export { testSigner } from '../txn/test-signer.js';
