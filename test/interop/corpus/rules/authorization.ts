import { each, Rule } from './case.js';

const lines = (values: Record<string, string[]>) => each(values, all => ({ lines: all }));

export default [
  new Rule('authorization', 'bearer', 'RFC 6750 §2.1; RFC 9110 §5.1, §5.5, §11.1, §11.4')
    .legal(
      lines({
        'scheme-in-lower-case': ['Authorization: bearer {token}'],
        'scheme-in-capitals': ['Authorization: BEARER {token}'],
        'scheme-mixed': ['Authorization: bEaReR {token}'],
        'name-in-lower-case': ['authorization: Bearer {token}'],
        'name-in-capitals': ['AUTHORIZATION: Bearer {token}'],
        'white-space-around-the-value': ['Authorization:   Bearer {token}  \t'],
        'no-space-behind-the-colon': ['Authorization:Bearer {token}'],
        'beside-another-name': ['X-Authorization: Basic YTpi', 'Authorization: Bearer {token}'],
        'beside-a-cookie': ['Cookie: access_token=x; Authorization=Bearer', 'Authorization: Bearer {token}'],
        'beside-credentials-for-a-proxy': ['Proxy-Authorization: Basic YTpi', 'Authorization: Bearer {token}'],
        'beside-the-same-token-of-a-gateway': ['X-Forwarded-Access-Token: {token}', 'Authorization: Bearer {token}'],
        'beside-another-token-of-a-gateway': ['X-Access-Token: a.b.c', 'Authorization: Bearer {token}'],
        'beside-a-www-authenticate': ['WWW-Authenticate: Bearer', 'Authorization: Bearer {token}'],
        'beside-headers-of-identity': ['X-User: bob', 'X-Forwarded-User: bob', 'Authorization: Bearer {token}'],
      }),
    )
    .illegal(
      'credentials_missing',
      lines({
        'no-header': [],
        'empty-header': ['Authorization:'],
        'scheme-alone': ['Authorization: Bearer'],
        'token-alone': ['Authorization: {token}'],
        'scheme-basic': ['Authorization: Basic YWxpY2U6c2VjcmV0'],
        'scheme-digest': ['Authorization: Digest username="alice"'],
        'scheme-negotiate': ['Authorization: Negotiate YII='],
        'scheme-token': ['Authorization: Token {token}'],
        'scheme-jwt': ['Authorization: JWT {token}'],
        'scheme-longer': ['Authorization: Bearers {token}'],
        'scheme-shorter': ['Authorization: Beare {token}'],
        'scheme-with-colon': ['Authorization: Bearer: {token}'],
        'scheme-with-equals-sign': ['Authorization: Bearer={token}'],
        'scheme-in-quotes': ['Authorization: "Bearer" {token}'],
        'tab-between': ['Authorization: Bearer\t{token}'],
        'in-another-name': ['X-Authorization: Bearer {token}'],
        'in-a-cookie': ['Cookie: access_token={token}'],
        'for-a-proxy': ['Proxy-Authorization: Bearer {token}'],
        'in-the-name-of-a-gateway': ['X-Forwarded-Access-Token: {token}'],
      }),
    )
    .illegal(
      'request_malformed',
      lines({
        'two-spaces-between': ['Authorization: Bearer  {token}'],
        'space-and-tab-between': ['Authorization: Bearer \t{token}'],
        'scheme-twice': ['Authorization: Bearer Bearer {token}'],
        'word-behind': ['Authorization: Bearer {token} x'],
        'parameter-behind': ['Authorization: Bearer {token}, realm="x"'],
        'comma-behind': ['Authorization: Bearer {token},'],
        'two-tokens-with-a-comma': ['Authorization: Bearer {token},{token}'],
        'two-credentials-in-one-header': ['Authorization: Bearer {token}, Bearer {token}'],
        'basic-behind-a-comma': ['Authorization: Bearer {token}, Basic YTpi'],
        'header-twice-the-same': ['Authorization: Bearer {token}', 'Authorization: Bearer {token}'],
        'header-twice-in-other-letters': ['authorization: bearer {token}', 'AUTHORIZATION: BEARER {token}'],
        'header-twice-and-the-first-is-basic': ['Authorization: Basic YTpi', 'Authorization: Bearer {token}'],
        'header-twice-and-the-second-is-basic': ['Authorization: Bearer {token}', 'Authorization: Basic YTpi'],
        'header-twice-and-the-second-is-empty': ['Authorization: Bearer {token}', 'Authorization:'],
        'space-in-the-token': ['Authorization: Bearer {header}. {claims}.{signature}'],
        'tab-in-the-token': ['Authorization: Bearer {header}.{claims}.\t{signature}'],
      }),
    )
    .illegal(
      'token_malformed',
      lines({
        'token-as-a-parameter': ['Authorization: Bearer token={token}'],
        'token-in-quotes': ['Authorization: Bearer "{token}"'],
        'latin1-in-the-token': ['Authorization: Bearer {token}\u00e9'],
        'opaque-token': ['Authorization: Bearer mF_9.B5f-4.1JqM'],
        'word-undefined': ['Authorization: Bearer undefined'],
        'word-null': ['Authorization: Bearer null'],
        'object-as-text': ['Authorization: Bearer [object.Object].x'],
        'single-dot': ['Authorization: Bearer .'],
      }),
    ),
];
