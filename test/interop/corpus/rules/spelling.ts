import { each, named, repeat, Rule } from './case.js';

const compact = (values: Record<string, string>) => each(values, text => ({ compact: text }));

export default [
  new Rule('header', 'serialization', 'RFC 7515 §2, §3.1, §5.2, §7.1; RFC 4648 §3.5, §5')
    .legal({ 'of-15000': { issuer: 'named', claims: { x: repeat('x', 10_900) } } })
    .illegal('token_malformed', {
      ...compact({
        'padding-behind-the-header': '{header}=.{claims}.{signature}',
        'padding-behind-the-claims': '{header}.{claims}=.{signature}',
        'two-padding-signs-behind-the-claims': '{header}.{claims}==.{signature}',
        'padding-behind-the-signature': '{header}.{claims}.{signature}==',
        'spare-bits-in-the-header': '{header:spare}.{claims}.{signature}',
        'spare-bits-in-the-claims': '{header}.{claims:spare}.{signature}',
        'spare-bits-in-the-signature': '{header}.{claims}.{signature:spare}',
        'standard-alphabet-in-the-claims': '{header}.{claims:standard}.{signature}',
        'standard-alphabet-in-the-signature': '{header}.{claims}.{signature:standard}',
        'letter-too-many-in-the-claims': '{header}.{claims}A.{signature}',
        'letter-too-few-in-the-signature': '{header}.{claims}.{signature:short}',
        'star-in-the-signature': '{header}.{claims}.*{signature}',
        'tilde-as-in-sd-jwt': '{header}.{claims}.{signature}~',
        'percent-encoded-dots': '{header}%2E{claims}%2E{signature}',
        'dot-before': '.{header}.{claims}.{signature}',
        'dot-behind': '{header}.{claims}.{signature}.',
        'two-dots-between': '{header}..{claims}.{signature}',
        'header-missing': '.{claims}.{signature}',
        'claims-missing': '{header}..{signature}',
        'header-and-claims-alone': '{header}.{claims}',
        'header-alone': '{header}',
        'claims-alone': '{claims}',
        'dots-alone': '..',
        'four-parts': '{header}.{claims}.{signature}.{signature}',
        'five-parts-as-encrypted': '{header}.{claims}.{claims}.{claims}.{signature}',
        'parts-in-another-order': '{claims}.{signature}.{header}',
        'claims-not-encoded': '{header}.{}.{signature}',
        'header-in-hexadecimal': '{header:hex}.{claims}.{signature}',
        'claims-encoded-twice': '{header}.{claims:twice}.{signature}',
        'flattened-json': '{"protected":"{header}"}',
        'opaque-with-a-dot': '2YotnFZFEjr1zCsicMWpAA.x',
        opaque: '2YotnFZFEjr1zCsicMWpAA',
        quoted: '"{header}.{claims}.{signature}"',
        'in-brackets': '<{header}.{claims}.{signature}>',
        'colon-before': ':{header}.{claims}.{signature}',
        'semicolon-behind': '{header}.{claims}.{signature};',
        'slash-behind': '{header}.{claims}.{signature}/',
        'fragment-behind': '{header}.{claims}.{signature}#x',
      }),
    })
    .illegal('token_too_large', { 'of-more-than-8192': { claims: { x: repeat('x', 6000) } } })
    .illegal('token_too_large', { 'of-more-than-8192-in-the-header': { header: { x: repeat('x', 6000) } } }),
  new Rule('header', 'signature', 'RFC 7515 §5.2; RFC 7518 §3.4; RFC 8725 §2.2, §3.2').illegal('signature_invalid', {
    'of-a-stranger': { key: 'stranger' },
    'of-a-stranger-with-its-key-in-the-header': { key: 'stranger', header: { jwk: '{jwk}' } },
    'of-a-stranger-with-a-chain-in-the-header': { key: 'stranger', header: { x5c: ['MIIB'], x5t: 'x' } },
    'of-a-stranger-with-a-url-in-the-header': { key: 'stranger', header: { jku: '{server}/stranger' } },
    'of-another-issuer': { issuer: 'legacy', key: 'rsa-2' },
    ...named(
      'with',
      compact({
        'claims-exchanged': '{header}.{claims:bob}.{signature}',
        'header-exchanged': '{header:other}.{claims}.{signature}',
        'first-byte-changed': '{header}.{claims}.{signature:flipped}',
        'last-byte-changed': '{header}.{claims}.{signature:flipped-at-the-end}',
        zeros: '{header}.{claims}.{signature:zeros}',
        ones: '{header}.{claims}.{signature:ones}',
        'r-and-s-exchanged': '{header}.{claims}.{signature:swapped}',
        der: '{header}.{claims}.{signature:der}',
        'first-half-alone': '{header}.{claims}.{signature:half}',
        'itself-twice': '{header}.{claims}.{signature:doubled}',
        'a-single-byte': '{header}.{claims}.AA',
        'the-order-of-the-curve': '{header}.{claims}.{signature:order}',
        'the-text-of-the-claims': '{header}.{claims}.{claims}',
      }),
    ),
  }),
];
