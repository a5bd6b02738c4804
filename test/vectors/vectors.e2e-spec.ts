import { Controller, Get } from '@nestjs/common';
import { Authenticated, type ExecutionIdentityEnvelope, Identity } from 'nestjs-eie';
import { type EieErrorCode, wireOf } from 'execution-identity';
import { ADAPTERS } from '../support/app.js';
import { sendRaw } from '../support/loopback.js';
import { type ReceiverApp, startReceiverWith } from '../support/receiver-app.js';
import { receiverOptionsOf } from './options.js';
// @ts-expect-error -- plain JavaScript, which node runs as it is
import { CHAPTERS, rawHeaders, read, run } from './run.mjs';

const files = (CHAPTERS as string[]).map(chapter => [chapter, read(chapter)] as const);
const all = files.flatMap(([, { vectors }]) => vectors as any[]);

/** Every code with which a receiver refuses what it was sent; `issuer_unavailable` is about its surroundings. */
const CODES: EieErrorCode[] = [
  'request_malformed',
  'credentials_missing',
  'txn_token_missing',
  'token_too_large',
  'token_malformed',
  'token_type_refused',
  'algorithm_refused',
  'issuer_unknown',
  'key_unknown',
  'signature_invalid',
  'audience_refused',
  'token_expired',
  'token_not_yet_valid',
  'token_lifetime_refused',
  'claim_missing',
  'claim_invalid',
  'proof_of_possession_unsupported',
  'tenant_refused',
  'actor_unclassified',
  'actor_chain_refused',
  'txn_token_invalid',
  'txn_token_expired',
  'txn_token_replayed',
  'service_not_named',
  'credential_mismatch',
];

describe('the vectors', () => {
  it('have an id each, cover every code of a refusal, and hold no private key', () => {
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    expect(new Set(all.flatMap(({ expect: { error } }) => error ?? []))).toEqual(new Set(CODES));
    expect(
      files
        .flatMap(([, { policy }]) => [...policy.issuers, ...policy.sealers])
        .flatMap(({ jwks }) => jwks.keys)
        .filter(key => 'd' in key),
    ).toEqual([]);
  });
});

describe.each(files)('verifyDelegatedCall and the vectors of %s', (_chapter, file) => {
  const results = new Map<string, any>();
  beforeAll(async () => {
    for (const result of await run(file)) results.set(result.id, result);
  });

  it.each((file.vectors as any[]).map(({ id, title, expect: { error } }) => [id, title, error ?? 'let in']))(
    '%s: %s (%s)',
    id => {
      const { got, expected } = results.get(id);
      expect(got).toEqual(expected);
    },
  );
});

@Controller('who')
class Who {
  @Get()
  @Authenticated()
  who(@Identity() identity: ExecutionIdentityEnvelope) {
    return identity;
  }
}

describe.each(ADAPTERS)('the guard of a receiver on %s', adapter => {
  it.each(files)('decides the vectors of %s alike, over HTTP', async (_chapter, file) => {
    const receiver: ReceiverApp = await startReceiverWith(receiverOptionsOf(file), { adapter, controllers: [Who] });
    try {
      for (const vector of file.vectors) {
        const { status, body } = await sendRaw(`${receiver.url}/who`, { headers: rawHeaders(vector) });
        const { valid, identity, error } = vector.expect;
        const seen = valid
          ? { status, identity: JSON.parse(body) }
          : { status, error: receiver.auditLog.last('admission.refused').reason };
        expect({ id: vector.id, ...seen }).toEqual({
          id: vector.id,
          ...(valid ? { status: 200, identity } : { status: wireOf(error).status, error }),
        });
      }
    } finally {
      await receiver.close();
    }
  });
});
