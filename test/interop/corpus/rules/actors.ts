import { each, Rule } from './case.js';
import { LOGIN } from './genuine.js';

const legacyPerson = (person: unknown) => ({ issuer: 'legacy', claims: { person } });

/** A user needs positive evidence, a service has its own; a token with neither, or both, is refused. */
export default [
  new Rule('claims', 'actor-type', 'RFC 9068 §5; DESIGN §3')
    .legal({
      'list-with-the-value': { claims: { sub_profile: ['employee', 'user'] } },
      'service-by-its-claim': { claims: { sub_profile: 'service' } },
      'service-that-is-its-client-and-says-so': { claims: { sub: 'desk', sub_profile: 'service' } },
      'service-without-subject': { withoutClaims: ['sub'], claims: { sub_profile: 'service' } },
      'service-with-subject-null': { claims: { sub: null, sub_profile: 'service' } },
      'user-that-differs-from-its-client-by-case': { issuer: 'named', claims: { sub: 'Desk' } },
      'user-whose-condition-is-false': { issuer: 'named', claims: { session: { anonymous: false } } },
      'user-whose-condition-is-another-type': { issuer: 'named', claims: { session: { anonymous: 'true' } } },
      'user-whose-condition-is-one': { issuer: 'named', claims: { session: { anonymous: 1 } } },
      'user-whose-condition-has-no-place': { issuer: 'named', claims: { session: 'anonymous' } },
      'user-whose-condition-is-elsewhere': { issuer: 'named', claims: { anonymous: true } },
      'service-that-is-its-client-by-the-rule': { issuer: 'named', claims: { sub: 'desk' } },
      'nested-value': legacyPerson({ kind: 'contractor', anonymous: false }),
      'nested-number': legacyPerson({ kind: 3, anonymous: false }),
      'nested-boolean': legacyPerson({ kind: true, anonymous: false }),
      'nested-list': legacyPerson({ kind: ['x', 'employee'] }),
    })
    .illegal('actor_unclassified', {
      missing: { withoutClaims: ['sub_profile'] },
      'user-that-is-its-client': { claims: { sub: 'desk' } },
      'service-that-is-its-client-and-none-of-those-named': { claims: { sub: 'desk', sub_profile: 'bot' } },
      'both-in-a-list': { claims: { sub_profile: ['user', 'service'] } },
      ...each(
        {
          null: null,
          'empty-text': '',
          'other-case': 'User',
          'space-behind': 'user ',
          'two-words': 'user admin',
          unknown: 'robot',
          true: true,
          number: 1,
          object: { user: true },
          'empty-list': [],
          'list-in-a-list': [['user']],
        },
        sub_profile => ({ claims: { sub_profile } }),
      ),
      'at-the-prototype': { withoutClaims: ['sub_profile'], claimsText: '{…,"__proto__":{"sub_profile":"user"}}' },
      'under-the-condition': { issuer: 'named', claims: { session: { anonymous: true } } },
      'under-the-condition-in-a-list': { issuer: 'named', claims: { session: { anonymous: [false, true] } } },
      'nested-missing': { issuer: 'legacy', withoutClaims: ['person'] },
      'nested-text': legacyPerson('employee'),
      'nested-list-of-objects': legacyPerson([{ kind: 'employee' }]),
      'nested-number-as-text': legacyPerson({ kind: '3' }),
      'nested-boolean-as-text': legacyPerson({ kind: 'true' }),
      'nested-path-as-a-name': { issuer: 'legacy', withoutClaims: ['person'], claims: { 'person.kind': 'employee' } },
    }),
  new Rule('claims', 'act', 'RFC 8693 §4.1; DESIGN §3')
    .legal(
      each<unknown>(
        {
          null: null,
          one: { sub: 'agent' },
          'one-of-another-issuer': { iss: 'https://agents.example', sub: 'agent' },
          'issuer-null': { iss: null, sub: 'agent' },
          'issuer-that-is-no-url': { iss: 'agents', sub: 'agent' },
          two: chain(2),
          four: chain(4),
          'inner-null': { sub: 'agent', act: null },
          'with-members-that-nobody-knows': {
            sub: 'agent',
            aud: 7,
            exp: 1,
            sub_profile: 'ai_agent',
            client_id: [],
            x: {},
          },
          unicode: { sub: 'Agent Müller 事務' },
          'same-as-the-user': { sub: 'alice' },
          'same-as-the-client': { iss: LOGIN, sub: 'desk' },
          'twice-the-same': { sub: 'agent', act: { sub: 'agent' } },
          'with-an-empty-may-act': { sub: 'agent', may_act: {} },
        },
        act => ({ claims: { act } }),
      ),
    )
    .illegal(
      'actor_chain_refused',
      each<unknown>(
        {
          text: 'agent',
          'empty-text': '',
          number: 1,
          zero: 0,
          true: true,
          false: false,
          'empty-object': {},
          'empty-list': [],
          'list-of-actors': [{ sub: 'agent' }],
          'without-sub': { iss: LOGIN },
          'sub-null': { sub: null },
          'sub-number': { sub: 1 },
          'sub-empty': { sub: '' },
          'sub-list': { sub: ['agent'] },
          'sub-object': { sub: { sub: 'agent' } },
          'sub-with-line-break': { sub: 'agent\nadmin' },
          'sub-with-override': { sub: 'agent\u202e' },
          'sub-of-1025': { sub: { $repeat: 'a', $times: 1025 } },
          'client-id-for-sub': { client_id: 'agent' },
          'issuer-number': { iss: 1, sub: 'agent' },
          'issuer-empty': { iss: '', sub: 'agent' },
          'issuer-list': { iss: [LOGIN], sub: 'agent' },
          'issuer-with-control': { iss: `${LOGIN}\u0007`, sub: 'agent' },
          'inner-text': { sub: 'agent', act: 'inner' },
          'inner-false': { sub: 'agent', act: false },
          'inner-list': { sub: 'agent', act: [] },
          'inner-without-sub': { sub: 'agent', act: { iss: LOGIN } },
          'third-is-malformed': { sub: 'a', act: { sub: 'b', act: { sub: 3 } } },
          'fourth-is-malformed': { sub: 'a', act: { sub: 'b', act: { sub: 'c', act: {} } } },
          five: chain(5),
          twelve: chain(12),
        },
        act => ({ claims: { act } }),
      ),
    ),
];

function chain(length: number): object {
  return length === 1 ? { sub: 'a-1' } : { sub: `a-${length}`, act: chain(length - 1) };
}
