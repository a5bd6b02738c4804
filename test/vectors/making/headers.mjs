// How the two credentials stand in the request, whatever is in them.
import { Chapter, lines } from './chapter.mjs';

const headers = new Chapter();
export default headers;

const refused = (id, title, error, make) => headers.refused(id, title, error, lines(make));
const pair = (authorization, txnToken) => ({ authorization: [authorization].flat(), 'txn-token': [txnToken].flat() });

refused('no-credentials', 'neither of the two', 'credentials_missing', () => pair([], []));
refused('no-authorization', 'a Txn-Token alone', 'credentials_missing', (_a, t) => pair([], t));
refused('no-txn-token', 'an access token alone', 'txn_token_missing', a => pair(`Bearer ${a}`, []));
refused('txn-token-empty', 'a Txn-Token that is empty', 'txn_token_missing', a => pair(`Bearer ${a}`, ''));
refused('scheme-basic', 'another scheme', 'credentials_missing', (a, t) => pair(`Basic ${a}`, t));
refused('scheme-dpop', 'the scheme of tokens that are bound to a key', 'credentials_missing', (a, t) =>
  pair(`DPoP ${a}`, t),
);
refused('scheme-alone', 'a scheme without a token', 'credentials_missing', (_a, t) => pair('Bearer', t));
refused('no-scheme', 'a token without a scheme', 'credentials_missing', (a, t) => pair(a, t));
refused('two-authorization', 'the same Authorization twice', 'request_malformed', (a, t) =>
  pair([`Bearer ${a}`, `Bearer ${a}`], t),
);
refused('two-authorization-two-schemes', 'a second Authorization of another scheme', 'request_malformed', (a, t) =>
  pair([`Bearer ${a}`, 'Basic b3JkZXJzOng='], t),
);
refused('two-tokens-in-one-authorization', 'two tokens in one Authorization', 'request_malformed', (a, t) =>
  pair(`Bearer ${a}, Bearer ${a}`, t),
);
refused('two-tokens-by-comma', 'two tokens with a comma between them', 'request_malformed', (a, t) =>
  pair(`Bearer ${a},${a}`, t),
);
refused('two-spaces-before-the-token', 'two spaces before the token', 'request_malformed', (a, t) =>
  pair(`Bearer  ${a}`, t),
);
refused('two-txn-token', 'the same Txn-Token twice', 'request_malformed', (a, t) => pair(`Bearer ${a}`, [t, t]));
refused('two-txn-token-joined', 'two Txn-Tokens in one line', 'request_malformed', (a, t) =>
  pair(`Bearer ${a}`, `${t}, ${t}`),
);
refused('two-txn-token-by-comma', 'two Txn-Tokens with a comma between them', 'request_malformed', (a, t) =>
  pair(`Bearer ${a}`, `${t},${t}`),
);
refused('txn-token-with-scheme', 'a Txn-Token with a scheme', 'request_malformed', (a, t) =>
  pair(`Bearer ${a}`, `Bearer ${t}`),
);
refused('tokens-exchanged', 'each of the two in the place of the other', 'issuer_unknown', (a, t) =>
  pair(`Bearer ${t}`, a),
);
refused('txn-token-for-both', 'the Txn-Token in both places', 'issuer_unknown', (_a, t) => pair(`Bearer ${t}`, t));
refused('access-token-for-both', 'the access token in both places', 'txn_token_invalid', a => pair(`Bearer ${a}`, a));
