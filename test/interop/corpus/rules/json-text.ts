import { each, named, nested, Rule } from './case.js';

const texts = (values: Record<string, string>) => each(values, claimsText => ({ claimsText }));
const headers = (values: Record<string, string>) => each(values, headerText => ({ headerText }));
const bytes = (values: Record<string, string>) =>
  each(values, claimsText => ({ claimsText, encoding: 'latin1' as const }));

/** Ways to write the same that every reader understands alike. */
const WRITTEN = {
  'white-space-around': ' \t\r\n{…}\n\n  ',
  'white-space-between': '{…\n ,\t"x"\r\n: \t1 }',
  'escaped-letters': '{…,"\\u0078":"\\u0061\\u006C\\u0069"}',
  'escaped-slash': '{…,"x":"a\\/b"}',
  'every-short-escape': '{…,"x":"\\"\\\\\\/\\b\\f\\n\\r\\t"}',
  'surrogate-pair-escaped': '{…,"x":"\\ud83d\\uDE00"}',
  'surrogate-pair-in-a-name': '{…,"\\ud83d\\ude00":1}',
  'nul-escaped': '{…,"x":"\\u0000"}',
  'line-separators-raw': '{…,"x":"\u2028\u2029"}',
  'delete-raw': '{…,"x":"\u007f"}',
  'the-same-name-on-two-levels': '{…,"x":{"x":{"x":1}}}',
  'the-same-name-in-two-objects': '{…,"x":[{"a":1},{"a":2}]}',
  'names-that-differ-by-normalization': '{…,"\u00e9":1,"e\u0301":2}',
  'names-that-differ-by-case': '{…,"X":1,"x":2}',
  'brackets-in-a-text': '{…,"x":"}]{[\\"}"}',
};

/** What no reader of JSON may take, and what some take and some do not. */
const BROKEN = {
  empty: '',
  'white-space-alone': ' \n',
  'trailing-comma': '{…,}',
  'two-commas': '{…,,"x":1}',
  'no-closing-brace': '{…',
  'two-closing-braces': '{…}}',
  'two-objects': '{…}{}',
  'text-behind': '{…} x',
  'nul-behind': '{…}\u0000',
  'comment-behind': '{…}// x',
  'comment-inside': '{…/* x */}',
  apostrophes: "{…,'x':1}",
  'name-without-quotes': '{…,x:1}',
  'no-colon': '{…,"x"}',
  nan: '{…,"x":NaN}',
  infinity: '{…,"x":Infinity}',
  undefined: '{…,"x":undefined}',
  'capital-true': '{…,"x":True}',
  'leading-zero': '{…,"x":01}',
  'plus-sign': '{…,"x":+1}',
  hexadecimal: '{…,"x":0x10}',
  'dot-without-digits': '{…,"x":1.}',
  'digits-with-underscore': '{…,"x":1_000}',
  'big-integer': '{…,"x":1n}',
  'raw-line-break-in-a-text': '{…,"x":"a\nb"}',
  'raw-tab-in-a-text': '{…,"x":"a\tb"}',
  'unknown-escape': '{…,"x":"\\x41"}',
  'short-unicode-escape': '{…,"x":"\\u041"}',
  'unicode-escape-in-braces': '{…,"x":"\\u{41}"}',
  'form-feed-as-white-space': '{…,\f"x":1}',
  'no-break-space-as-white-space': '{…,\u00a0"x":1}',
  list: '[{…}]',
  text: '"{}"',
  number: '7',
  null: 'null',
  true: 'true',
};

/** Members that come twice: the first or the last counts, by the reader. */
const TWICE = {
  iss: '{…,"iss":"https://login.corpus.test"}',
  aud: '{"aud":"https://billing.corpus.test",…}',
  sub: '{"sub":"bob",…}',
  exp: '{…,"exp":1800000300}',
  client_id: '{…,"client_id":"admin"}',
  scope: '{…,"scope":"orders:write"}',
  'with-the-same-value': '{…,"sub":"alice"}',
  'with-null': '{…,"tenant":null}',
  'written-with-an-escape': '{…,"\\u0073ub":"bob"}',
  'white-space-before-the-colon': '{…,"sub" \n:"bob"}',
  'a-claim-that-nobody-reads': '{…,"x":1,"x":2}',
  'in-an-actor': '{…,"act":{"sub":"agent","sub":"admin"}}',
  'in-a-list-of-objects': '{…,"x":[{"a":1,"a":2}]}',
  'the-prototype': '{…,"__proto__":1,"__proto__":2}',
  'the-empty-name': '{…,"":1,"":2}',
};

const { 'trailing-comma': comma, 'two-objects': objects, list, null: none, 'leading-zero': zero, empty } = BROKEN;

export default [
  new Rule('claims', 'json', 'RFC 8259 §2 to §8; RFC 8725 §2.4; DESIGN §4.3')
    .legal({
      ...texts(WRITTEN),
      '32-levels': { claims: { x: nested(31) } },
    })
    .illegal('token_malformed', {
      ...texts(BROKEN),
      ...named('twice', texts(TWICE)),
      'byte-order-mark': { claimsText: '\ufeff{…}' },
      '33-levels': { claims: { x: nested(32) } },
      '1000-levels': { claims: { x: nested(999) } },
      'lone-high-surrogate': { claimsText: '{…,"x":"\\ud83d"}' },
      'lone-low-surrogate': { claimsText: '{…,"x":"a\\ude00b"}' },
      'surrogates-in-the-wrong-order': { claimsText: '{…,"x":"\\ude00\\ud83d"}' },
      'lone-surrogate-in-a-name': { claimsText: '{…,"\\ud83d":1}' },
      'lone-surrogate-in-the-subject': { withoutClaims: ['sub'], claimsText: '{…,"sub":"alice\\udfff"}' },
      ...bytes({
        'byte-that-is-no-utf8': '{…,"x":"\u00ff"}',
        'latin1-letter': '{…,"x":"J\u00fcrgen"}',
        'lone-continuation-byte': '{…,"x":"\u0080"}',
        'sequence-cut-short': '{…,"x":"\u00e2\u0082"}',
        'slash-too-long': '{…,"x":"\u00c0\u00af"}',
        'surrogate-in-utf8': '{…,"x":"\u00ed\u00a0\u0080"}',
        'beyond-unicode': '{…,"x":"\u00f4\u0090\u0080\u0080"}',
      }),
      utf16: { claimsText: '{…}', encoding: 'utf16le' },
    }),
  new Rule('header', 'json-of-the-header', 'RFC 7515 §4, §5.2; RFC 8259; DESIGN §4.3')
    .legal({
      ...headers({
        'white-space': '\r\n{ …\t}\n',
        'escaped-letters': '{…,"\\u0078":"\\u0061"}',
        'surrogate-pair-escaped': '{…,"x":"\\uD83D\\uDE00"}',
        'same-name-on-two-levels': '{…,"x":{"alg":"none","crit":[]}}',
        prototype: '{…,"__proto__":{"crit":["x"]}}',
      }),
    })
    .illegal('token_malformed', {
      ...headers({
        empty,
        'trailing-comma': comma,
        'two-objects': objects,
        list,
        null: none,
        'leading-zero': zero,
        'alg-twice': '{"alg":"none",…}',
        'alg-twice-the-same': '{…,"alg":"ES256"}',
        'typ-twice': '{"typ":"JWT",…}',
        'kid-twice': '{…,"kid":"b"}',
        'member-that-nobody-reads-twice': '{…,"x":1,"x":1}',
        'alg-twice-with-an-escape': '{…,"\\u0061lg":"none"}',
        'byte-order-mark': '\ufeff{…}',
        'lone-surrogate': '{…,"x":"\\ud800"}',
      }),
      '33-levels': { header: { x: nested(32) } },
      'byte-that-is-no-utf8': { headerText: '{…,"x":"\u00ff"}', encoding: 'latin1' },
    }),
];
