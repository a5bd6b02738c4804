import { Controller, Get } from '@nestjs/common';
import { type AccessToken, EieError, type IssuerPolicy, verifyAccessToken, wireOf } from 'execution-identity';
import { Authenticated, type ExecutionIdentityEnvelope, Identity } from 'nestjs-eie';
import { ADAPTERS, startApp } from '../support/app.js';
import { type World } from '../support/world.js';
import { issuerOptionsOf } from './options.js';
// @ts-expect-error -- plain JavaScript, which node runs as it is
import { CHAPTERS, read, receiverPolicy } from './run.mjs';

@Controller('who')
class Who {
  @Get()
  @Authenticated()
  who(@Identity() identity: ExecutionIdentityEnvelope) {
    return identity;
  }
}

/** Every access token that stands alone in the header of a vector, under the name of the first vector that has it. */
const tokens = new Map<string, string>();
for (const chapter of CHAPTERS as string[])
  for (const { id, headers } of read(chapter).vectors) {
    const [, token] =
      /^[Bb]earer ([^ ,]+)$/.exec(headers.authorization?.length === 1 ? headers.authorization[0] : '') ?? [];
    if (token !== undefined && !tokens.has(token)) tokens.set(token, id);
  }

const { now, policy } = read('access-token');
/** As the boundary has them: it takes tokens that are bound to a key, with their proof. */
const issuers = new Map<string, IssuerPolicy>(
  [...(receiverPolicy(policy).issuers as Map<string, IssuerPolicy>)].map(([issuer, one]) => [
    issuer,
    { ...one, acceptsDpop: true },
  ]),
);

type Verdict = { token: Pick<AccessToken, 'sub' | 'type' | 'issuer' | 'tenant' | 'scopes'> } | { refused: string };

async function verdictOfCore(token: string): Promise<Verdict> {
  try {
    const { sub, type, issuer, tenant, scopes, jkt } = await verifyAccessToken(token, issuers, now);
    // The boundary asks for the proof next, and these requests bring none.
    if (jkt !== undefined) return { refused: 'proof_of_possession_invalid' };
    return { token: { sub, type, issuer, ...(tenant !== undefined && { tenant }), scopes } };
  } catch (error) {
    return { refused: (error as EieError).code };
  }
}

describe.each(ADAPTERS)('the boundary on %s, where Passport verifies the signature,', adapter => {
  it('comes to the verdict of verifyAccessToken, where jose does, for every access token of the vectors', async () => {
    const app = await startApp({ issuerOptions: () => undefined } as unknown as World, {
      adapter,
      controllers: [Who],
      options: {
        resource: policy.issuers[0].audience[0],
        issuers: policy.issuers.map(issuerOptionsOf),
        ports: { clock: () => now * 1000 },
      },
    });
    const verdicts: Record<'core' | 'boundary', [id: string, Verdict][]> = { core: [], boundary: [] };
    for (const [token, id] of tokens) {
      const core = await verdictOfCore(token);
      const response = await fetch(`${app.url}/who`, { headers: { authorization: `Bearer ${token}` } });
      const body = (await response.json()) as ExecutionIdentityEnvelope;
      const boundary: Verdict =
        response.status === 200
          ? { token: { ...body.actor, scopes: body.authorization.scopes } }
          : { refused: app.auditLog.last('admission.refused').reason! };
      if ('refused' in core)
        expect([id, response.status]).toEqual([id, wireOf(core.refused as EieError['code']).status]);
      verdicts.core.push([id, core]);
      verdicts.boundary.push([id, boundary]);
    }
    await app.close();
    expect(verdicts.boundary).toEqual(verdicts.core);
    const refused = verdicts.core.filter(([, verdict]) => 'refused' in verdict).length;
    expect({ refused, letIn: verdicts.core.length - refused }).toEqual({
      refused: expect.any(Number),
      letIn: expect.any(Number),
    });
    expect(Math.min(refused, verdicts.core.length - refused)).toBeGreaterThan(20);
  });
});
