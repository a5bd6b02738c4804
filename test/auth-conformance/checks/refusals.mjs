import { skip, unmet } from '../outcome.mjs';
import { MCP, rfc } from '../references.mjs';
import { bearer } from '../subject.mjs';
import { encoded, ownKey } from '../tokens/jws.mjs';

const CWE_209 = { id: 'CWE-209', url: 'https://cwe.mitre.org/data/definitions/209.html' };

/** Tokens that are refused for reasons that have nothing in common. */
async function refusedTokens({ tokens }) {
  const { header, claims } = await tokens.template();
  const made = {
    garbage: 'garbage-that-nobody-issued',
    'alg none': `${encoded({ ...header, alg: 'none' })}.${encoded(claims)}.`,
    'another key': ownKey('ES256').sign(header, claims),
  };
  for (const role of ['expired', 'otherAudience', 'foreignIssuer']) {
    if (await tokens.has(role)) made[role] = await tokens.of(role);
  }
  return made;
}

/** The last of all: it looks at what the others were answered. */
export const checks = [
  {
    id: 'server-auth-error-bodies-equal',
    name: 'RefusalsAlike',
    level: 'SHOULD',
    description:
      'The answers to tokens that are refused do not tell for which reason: no specification asks for it, and it tells an attacker nothing',
    specReferences: [CWE_209],
    async run(subject) {
      const [era] = await subject.eras();
      const seen = new Map();
      for (const [what, token] of Object.entries(await refusedTokens(subject))) {
        const { answer } = await subject.probe(era, bearer(token));
        if (answer.status !== 401) skip(`${what} is not answered 401, but ${answer.status}`);
        const said = JSON.stringify([withoutIds(answer.text), answer.headers['www-authenticate']]);
        seen.set(said, [...(seen.get(said) ?? []), what]);
      }
      if (seen.size > 1)
        unmet(
          `there are ${seen.size} different answers: ${[...seen.values()].map(alike => alike.join(' = ')).join(' / ')}`,
        );
    },
  },
  {
    id: 'server-auth-token-not-echoed',
    name: 'TokenNotEchoed',
    level: 'SHOULD',
    description: 'No answer of the whole run held the credential of its request',
    specReferences: [MCP.tokenTheft, rfc(6750, '5.3')],
    async run(subject) {
      if (subject.echoes)
        unmet(`${subject.echoes} of ${subject.requests} answers held the credential of their request`);
      return { requests: subject.requests };
    },
  },
];

/** A request id is repeated in JSON-RPC errors, and differs each time. */
const withoutIds = text => text.replaceAll(/"id":\s*("[^"]*"|\d+|null)/g, '');
