import { rules, state, type TraceCase, valid } from './trace-case.js';

const members = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, i) => `bar${from + i}=${from + i}`).join();

const list = rules('tracestate Header Field Values', 'continued');
const key = rules('Key', 'continued');
const value = rules('Value', 'continued');
const limits = rules('tracestate Limits', 'continued');
const relation = rules('Relationship Between the Headers', 'continued');

const ALL_KEY = 'abcdefghijklmnopqrstuvwxyz0123456789_-*/@';
const ALL_VALUE = Array.from({ length: 0x7f - 0x20 }, (_, i) => String.fromCharCode(0x20 + i))
  .filter(character => character !== ',' && character !== '=')
  .join('');
const LONG = 'z'.repeat(256);

export const TRACESTATE_CASES: readonly TraceCase[] = [
  relation('tracestate is passed on with the trace', state('foo=1,bar=2'), { tracestate: 'foo=1,bar=2' }),
  relation('a malformed tracestate leaves the traceparent alone', state('foo')),
  rules('Relationship Between the Headers', 'begun')('a malformed traceparent takes its tracestate with it', [
    ...valid('1'),
    ['tracestate', 'foo=1'],
  ]),
  rules('Relationship Between the Headers', 'begun')('two traceparents take their tracestate with them', [
    ...valid(),
    ...valid(),
    ['tracestate', 'foo=1'],
  ]),

  list('an empty one is accepted and not sent', state('')),
  list('an empty line after another', state('foo=1', ''), { tracestate: 'foo=1' }),
  list('an empty line before another', state('', 'foo=1'), { tracestate: 'foo=1' }),
  list('empty members', state('foo=1,, ,bar=2,'), { tracestate: 'foo=1,bar=2' }),
  list('several lines are one list, in their order', state('foo=1,bar=2', 'rojo=1,congo=2', 'baz=3'), {
    tracestate: 'foo=1,bar=2,rojo=1,congo=2,baz=3',
  }),
  ...['foo=1 \t , \t bar=2, \t baz=3', 'foo=1\t \t,\t \tbar=2,\t \tbaz=3', '\t foo=1,bar=2,baz=3 \t'].map((line, i) =>
    list(`spaces and tabs around members are not of them (${i + 1})`, state(line), { tracestate: 'foo=1,bar=2,baz=3' }),
  ),
  list('32 members', state(members(10, 19), members(20, 29), members(30, 39), members(40, 41)), {
    tracestate: members(10, 41),
  }),
  list('33 members', state(members(10, 19), members(20, 29), members(30, 39), members(40, 42))),
  list('a key that comes twice stays once, where it came first', state('foo=1,bar=2,foo=3'), {
    tracestate: 'foo=1,bar=2',
  }),
  list('a key that comes in two lines stays once', state('foo=1', 'foo=1'), { tracestate: 'foo=1' }),

  key('every character', state(`${ALL_KEY}=1`), { tracestate: `${ALL_KEY}=1` }),
  key('begins with a digit', state('0foo=1'), { tracestate: '0foo=1' }),
  key('256 characters', state('foo=1', `${LONG}=1`), { tracestate: `foo=1,${LONG}=1` }),
  key('257 characters', state('foo=1', `${LONG}z=1`)),
  key('at signs anywhere but at the beginning', state('foo@=1,foo@@bar=1,foo@bar@baz=1,t@vvvvvvvvvvvvvvv=1'), {
    tracestate: 'foo@=1,foo@@bar=1,foo@bar@baz=1,t@vvvvvvvvvvvvvvv=1',
  }),
  key('an at sign at the beginning', state('@foo=1,bar=2')),
  key('a space', state('foo =1')),
  key('an upper-case letter', state('FOO=1')),
  key('a dot', state('foo.bar=1')),
  key('empty', state('=1,bar=2')),

  value('every character', state(`foo=${ALL_VALUE}`), { tracestate: `foo=${ALL_VALUE}` }),
  value('spaces at its beginning are of it', state('foo=  1'), { tracestate: 'foo=  1' }),
  value('spaces at its end are not', state('foo=1  ,bar=2'), { tracestate: 'foo=1,bar=2' }),
  value('256 characters', state(`foo=${LONG}`), { tracestate: `foo=${LONG}` }),
  value('257 characters', state(`foo=${LONG}z`)),
  value('an equals sign', state('foo=bar=baz')),
  value('empty', state('foo=,bar=3')),
  value('a tab', state('foo=1\t2')),

  limits('512 characters', state(`foo=${'v'.repeat(250)},bar=${'v'.repeat(253)}`), {
    tracestate: `foo=${'v'.repeat(250)},bar=${'v'.repeat(253)}`,
  }),
  limits(
    'past them a long member goes first',
    state(
      `a=1,long=${'v'.repeat(150)}`,
      `b=${'v'.repeat(110)}`,
      `c=${'v'.repeat(110)}`,
      `d=${'v'.repeat(120)},e=${'v'.repeat(120)}`,
    ),
    {
      tracestate: [
        'a=1',
        `b=${'v'.repeat(110)}`,
        `c=${'v'.repeat(110)}`,
        `d=${'v'.repeat(120)}`,
        `e=${'v'.repeat(120)}`,
      ].join(),
    },
  ),
  limits(
    'past them the last members go next, and whole',
    state(...['a', 'b', 'c', 'd', 'e'].map(k => `${k}=${'v'.repeat(120)}`)),
    {
      tracestate: ['a', 'b', 'c', 'd'].map(k => `${k}=${'v'.repeat(120)}`).join(),
    },
  ),

  rules('Information Exposure', 'continued')(
    'a target outside the trust domain gets no tracestate and no baggage',
    [...state('foo=1'), ['baggage', 'userId=alice']],
    { target: 'external' },
  ),
  rules('Baggage: Header Content', 'continued')(
    'is passed on with its properties',
    [...valid(), ['baggage', 'userId=Am%C3%A9lie;p1;p2=x , serverNode=DF%2028']],
    { baggage: 'userId=Am%C3%A9lie;p1;p2=x,serverNode=DF%2028' },
  ),
  rules('Baggage: Header Content', 'continued')(
    'several lines are one list',
    [...valid(), ['baggage', 'a=1'], ['baggage', 'b=2']],
    { baggage: 'a=1,b=2' },
  ),
  rules('Baggage: Header Content', 'begun')('needs no traceparent', [['baggage', 'a=1']], { baggage: 'a=1' }),
  rules('Baggage: Header Content', 'continued')('is dropped where it is malformed', [...valid(), ['baggage', 'a="1"']]),
  rules('Baggage: Limits', 'continued')(
    '64 members, and 8192 bytes',
    [...valid(), ['baggage', Array.from({ length: 65 }, (_, i) => `k${i}=v`).join()]],
    { baggage: Array.from({ length: 64 }, (_, i) => `k${i}=v`).join() },
  ),
];
