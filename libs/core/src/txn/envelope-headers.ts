import { transactionToken } from './txn-claims.js';

/**
 * The HTTP field names, in lower case, that an envelope can come in: those of the codecs that ship. They carry a credential:
 * a boundary takes them off each request, and a caller of a delegated fetch may not set them.
 */
export const ENVELOPE_HEADERS: readonly string[] = [transactionToken.header];
