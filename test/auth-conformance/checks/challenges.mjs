import { skip, unmet } from '../outcome.mjs';
import { MCP, rfc } from '../references.mjs';
import { bearerChallenge } from '../wire/challenge.mjs';
import { metadataOf } from './metadata.mjs';

const GARBAGE = 'garbage-that-nobody-issued';

/** The Bearer challenge of a 401 to this credential: none, or a token that is none. */
async function challengeOf(subject, credential = []) {
  const { answer } = await subject.probe(await subject.anyEra(), credential);
  if (answer.status !== 401) skip(`the server answers ${answer.status}, so that there is no challenge to look at`);
  return bearerChallenge(answer) ?? skip('the 401 has no Bearer challenge');
}

const withGarbage = [['authorization', `Bearer ${GARBAGE}`]];

export const checks = [
  {
    id: 'server-auth-challenge-bearer',
    name: 'ChallengeBearer',
    level: 'MUST',
    description: 'A 401 has a WWW-Authenticate header with a Bearer challenge',
    specReferences: [rfc(6750, '3'), MCP.errorHandling],
    async run(subject) {
      const found = {};
      for (const [what, credential] of Object.entries({ 'no token': [], garbage: withGarbage })) {
        const { answer } = await subject.probe(await subject.anyEra(), credential);
        if (answer.status !== 401)
          skip(`the server answers ${answer.status}, so that there is no challenge to look at`);
        if (!bearerChallenge(answer))
          unmet(`the 401 for ${what} has no Bearer challenge`, {
            details: { header: answer.headers['www-authenticate'] ?? null },
          });
        found[what] = answer.headers['www-authenticate'];
      }
      return found;
    },
  },
  {
    id: 'server-auth-challenge-resource-metadata',
    name: 'ChallengeResourceMetadata',
    level: 'SHOULD',
    description: 'The challenge says where the metadata is, and it is there; without, clients have to guess',
    specReferences: [MCP.discovery, rfc(9728, '5.1')],
    async run(subject) {
      const address = (await challengeOf(subject)).get('resource_metadata');
      if (!address) unmet('the challenge has no resource_metadata');
      const { document } = (await metadataOf(subject)).find(one => one.address === address) ?? {};
      if (!document) unmet(`there is no metadata at ${address}`, { level: 'MUST' });
      return { address };
    },
  },
  {
    id: 'server-auth-challenge-scope',
    name: 'ChallengeScope',
    level: 'SHOULD',
    description: 'The challenge of a 401 says which scopes to ask for, and offline_access is none of them',
    specReferences: [MCP.scopeSelection, MCP.refreshTokens],
    async run(subject) {
      const scope = (await challengeOf(subject)).get('scope');
      if (!scope) unmet('the challenge of the 401 has no scope');
      if (scope.split(' ').includes('offline_access')) unmet('the challenge has offline_access');
      return { scope };
    },
  },
  {
    id: 'server-auth-no-error-without-credentials',
    name: 'NoErrorWithoutCredentials',
    level: 'SHOULD',
    description: 'A request without credentials is told no error code: it has made none',
    specReferences: [rfc(6750, '3.1')],
    async run(subject) {
      const error = (await challengeOf(subject)).get('error');
      if (error) unmet(`the challenge to a request without credentials has error="${error}"`);
    },
  },
  {
    id: 'server-auth-invalid-token-error',
    name: 'InvalidTokenError',
    level: 'SHOULD',
    description: 'The challenge to a token that is refused has error="invalid_token"',
    specReferences: [rfc(6750, '3.1')],
    async run(subject) {
      const error = (await challengeOf(subject, withGarbage)).get('error');
      if (error !== 'invalid_token') unmet(`the challenge has error="${error ?? ''}"`);
    },
  },
];
