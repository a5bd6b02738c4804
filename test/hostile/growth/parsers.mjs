import { ACTORS, CLAIMS, COMPACT, HEADERS, JSON_BYTES, KEY_SETS, MESSAGES, PATHS } from './inputs.mjs';

// No entry point has the parsers, and before `npm run build:libs` there are no compiled files that the import rules could find.
const compiled = file => import(new URL(`../../../libs/${file}.js`, import.meta.url).href);

const [
  { parseStrictJson },
  { openCompactJws, parseCompactJws },
  { verifyDpopProof },
  { MemoryReplayStore },
  { KeySet },
  { list, text, words },
  { actorChain },
  { isIdentifier },
] = await Promise.all(
  [
    'core/dist/token/strict-json',
    'core/dist/token/compact-jws',
    'core/dist/token/dpop-proof',
    'core/dist/ports/memory-replay-store',
    'core/dist/token/jwk-set',
    'core/dist/token/claim-values',
    'core/dist/token/actor-chain',
    'core/dist/token/identifier',
  ].map(compiled),
);
const [
  { openSealed },
  { credentialOf },
  { callCredentials },
  { parseTraceparent },
  { parseTracestate },
  { parseBaggage },
  { exceedsLimits },
  { bytesExceedLimits },
  { targetUrl },
  { targetRequest },
] = await Promise.all(
  [
    'core/dist/txn/open',
    'eie/dist/edge/credential',
    'core/dist/receiver/call-credentials',
    'eie/dist/telemetry/traceparent',
    'eie/dist/telemetry/tracestate',
    'eie/dist/telemetry/baggage',
    'eie/dist/mcp/protocol/message-limits',
    'eie/dist/mcp/protocol/message-scan',
    'eie/dist/delegation/targets/target-url',
    'eie/dist/delegation/call/delegated-fetch',
  ].map(compiled),
);

const ISSUER = 'https://login.shop.test';
const TRUST = { trustDomain: 'shop.test', issuers: new Map() };
const CHECK = { replays: new MemoryReplayStore(1) };
const PROVEN = { method: 'GET', url: 'https://mcp.shop.test/mcp', accessToken: 'x.y.z', jkt: 'x' };
/** Well formed, and of nobody. */
const PROOF = 'eyJ0eXAiOiJkcG9wK2p3dCJ9.e30.AAAA';
const BASE = new URL('https://orders.internal/api');

/** What twice the input may cost. Linear is 2, sorting 2.2, n^1.5 is 2.83, quadratic 4. */
const LINEAR = 2.8;
/** What is too long is refused before it is read. */
const CONSTANT = 1;

/** Every reader of what others wrote, what is hard to read for it, and how its time may grow. */
export const PARSERS = [
  ['parseStrictJson', parseStrictJson, JSON_BYTES, LINEAR],
  ['openCompactJws', openCompactJws, COMPACT, LINEAR],
  ['parseCompactJws', parseCompactJws, COMPACT, CONSTANT],
  ['openSealed', jws => openSealed(jws, TRUST, 0), COMPACT, CONSTANT],
  ['verifyDpopProof', proof => verifyDpopProof(proof, PROVEN, CHECK, 0), COMPACT, CONSTANT],
  [
    'verifyDpopProof: URL',
    path => verifyDpopProof(PROOF, { ...PROVEN, url: `https://mcp.shop.test${path}` }, CHECK, 0),
    PATHS,
    LINEAR,
  ],
  ['KeySet.from', document => KeySet.from(document), KEY_SETS, LINEAR],
  ['text', value => text({ value }, 'value'), CLAIMS, CONSTANT],
  ['words', value => words({ value }, 'value'), CLAIMS, LINEAR],
  ['list', value => list({ value }, 'value'), CLAIMS, LINEAR],
  ['actorChain', act => actorChain(act, ISSUER), ACTORS, CONSTANT],
  ['isIdentifier', isIdentifier, PATHS, LINEAR],
  ['credentialOf', rawHeaders => credentialOf({ rawHeaders, headers: {} }), HEADERS, LINEAR],
  ['callCredentials', callCredentials, HEADERS, LINEAR],
  ['parseTraceparent', parseTraceparent, CLAIMS, LINEAR],
  ['parseTracestate', parseTracestate, CLAIMS, LINEAR],
  ['parseBaggage', parseBaggage, CLAIMS, LINEAR],
  ['exceedsLimits', exceedsLimits, MESSAGES, LINEAR],
  ['bytesExceedLimits', bytes => bytesExceedLimits(bytes), JSON_BYTES, LINEAR],
  ['targetUrl', path => targetUrl(BASE, path), PATHS, LINEAR],
  ['targetRequest', path => targetRequest(BASE, path, undefined), PATHS, LINEAR],
];
