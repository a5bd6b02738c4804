import { PARENT, parent, rules, TRACE, type TraceCase, valid } from './trace-case.js';

const version = rules('version', 'begun');
const field = rules('traceparent Header Field Values', 'begun');
const traceId = rules('trace-id', 'begun');
const parentId = rules('parent-id', 'begun');
const flags = rules('trace-flags', 'begun');
const flag = rules('trace-flags', 'continued');
const later = rules('Versioning of traceparent', 'continued');
const broken = rules('Versioning of traceparent', 'begun');
const name = rules('Header Name', 'continued');
const otherName = rules('Header Name', 'begun');
const mutation = rules('Mutating the traceparent Field', 'continued');
const none = rules('No traceparent Received', 'begun');

export const TRACEPARENT_CASES: readonly TraceCase[] = [
  none('a trace begins where none is received', []),
  none('a tracestate alone is dropped', [['tracestate', 'foo=1']]),
  none('each call has a parent of its own where none is received', [], { calls: 3 }),
  mutation('the trace goes on with a new parent', valid()),
  mutation('each call has a parent of its own', valid(), { calls: 3 }),
  rules('Mutating the traceparent Field', 'begun')(
    'each call of a trace that begins here is of the same one',
    parent(`00-${'0'.repeat(32)}-${PARENT}-01`),
    { calls: 3 },
  ),

  name('in title case', [['TraceParent', `00-${TRACE}-${PARENT}-01`]]),
  name('in mixed case', [['TrAcEpArEnT', `00-${TRACE}-${PARENT}-01`]]),
  name('in upper case', [['TRACEPARENT', `00-${TRACE}-${PARENT}-01`]]),
  otherName('trace-parent is another header', [['trace-parent', `00-${TRACE}-${PARENT}-01`]]),
  otherName('trace.parent is another header', [['trace.parent', `00-${TRACE}-${PARENT}-01`]]),
  name('tracestate in title case', [...valid(), ['TraceState', 'foo=1']], { tracestate: 'foo=1' }),
  name('tracestate in mixed case', [...valid(), ['TrAcEsTaTe', 'foo=1']], { tracestate: 'foo=1' }),
  name('tracestate in upper case', [...valid(), ['TRACESTATE', 'foo=1']], { tracestate: 'foo=1' }),
  name('trace-state is another header', [...valid(), ['trace-state', 'foo=1']]),
  name('trace.state is another header', [...valid(), ['trace.state', 'foo=1']]),

  field('two headers are none', [...valid(), ...parent(`00-${'1'.repeat(32)}-${PARENT}-01`)]),
  field('the same header twice is none', [...valid(), ...valid()]),
  field('two headers of a later version are none', [...parent(`cc-${TRACE}-${PARENT}-01-x`), ...valid()]),
  field('an empty header is none', parent('')),
  ...[' *', '\t*', '* ', '*\t', '\t * \t'].map((spaced, i) =>
    name(
      `spaces and tabs around the value are not of it (${i + 1})`,
      parent(spaced.replace('*', `00-${TRACE}-${PARENT}-01`)),
    ),
  ),

  version('ff is forbidden', valid('01', 'ff')),
  version('ff is forbidden with more after it', parent(`ff-${TRACE}-${PARENT}-01-x`)),
  version('is hex (first character)', valid('01', '.0')),
  version('is hex (second character)', valid('01', '0.')),
  version('is lower case', valid('01', 'CC')),
  version('of three characters', valid('01', '000')),
  version('of four characters', valid('01', '0000')),
  version('of one character', valid('01', '0')),
  version('00 has nothing after it: a dot', parent(`00-${TRACE}-${PARENT}-01.`)),
  version('00 has nothing after it: another field', parent(`00-${TRACE}-${PARENT}-01-what-the-future-brings`)),

  later('the fields of version 00 count', valid('01', 'cc'), { flags: '01' }),
  later('more may follow after a dash', parent(`cc-${TRACE}-${PARENT}-01-what-the-future-brings`), { flags: '01' }),
  later('an empty field may follow', parent(`01-${TRACE}-${PARENT}-01-`), { flags: '01' }),
  later('flags that are unknown here are left out', valid('ff', 'cc'), { flags: '03' }),
  later('a tracestate of it is passed on', [...valid('01', 'cc'), ['tracestate', 'foo=1']], {
    flags: '01',
    tracestate: 'foo=1',
  }),
  broken('what follows without a dash refuses it', parent(`cc-${TRACE}-${PARENT}-01.what-the-future-brings`)),
  broken('it is as long as version 00 at least', parent(`cc-${TRACE}-${PARENT}-0`)),
  broken('its trace-id is hex', parent(`cc-${'g'.repeat(32)}-${PARENT}-01-x`)),
  broken('its trace-id is not all zero', parent(`cc-${'0'.repeat(32)}-${PARENT}-01-x`)),
  broken('its parent-id is not all zero', parent(`cc-${TRACE}-${'0'.repeat(16)}-01-x`)),
  broken('its parent-id is followed by a dash', parent(`cc-${TRACE}-${PARENT}.01-x`)),

  traceId('all zero', parent(`00-${'0'.repeat(32)}-${PARENT}-01`)),
  traceId('is hex (first character)', parent(`00-.${TRACE.slice(1)}-${PARENT}-01`)),
  traceId('is hex (last character)', parent(`00-${TRACE.slice(1)}.-${PARENT}-01`)),
  traceId('is lower case', parent(`00-${TRACE.toUpperCase()}-${PARENT}-01`)),
  traceId('too long', parent(`00-${TRACE}3-${PARENT}-01`)),
  traceId('too short', parent(`00-${TRACE.slice(1)}-${PARENT}-01`)),
  parentId('all zero', parent(`00-${TRACE}-${'0'.repeat(16)}-01`)),
  parentId('is hex (first character)', parent(`00-${TRACE}-.${PARENT.slice(1)}-01`)),
  parentId('is hex (last character)', parent(`00-${TRACE}-${PARENT.slice(1)}.-01`)),
  parentId('is lower case', parent(`00-${TRACE}-${PARENT.toUpperCase()}-01`)),
  parentId('too long', parent(`00-${TRACE}-${PARENT}7-01`)),
  parentId('too short', parent(`00-${TRACE}-${PARENT.slice(1)}-01`)),
  flags('are hex (first character)', valid('.0')),
  flags('are hex (second character)', valid('0.')),
  flags('are lower case', valid('0A')),
  flags('too long', valid('001')),
  flags('too short', valid('1')),

  flag('neither recorded nor random', valid('00')),
  flag('recorded by the caller, who says so to the target', valid('01')),
  flag('a random trace-id stays one', valid('02')),
  flag('both', valid('03')),
  flag('reserved bits are zero', valid('fc'), { flags: '00' }),
  flag('reserved bits beside known ones are zero', valid('ff'), { flags: '03' }),
];
