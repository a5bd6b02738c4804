export const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
export const PARENT = '00f067aa0ba902b7';

/** One rule that W3C Trace Context level 2 states for a participant, and a request that shows whether it is kept. */
export interface TraceCase {
  readonly id: string;
  /** The heading in the specification. */
  readonly section: string;
  /** The lines of the request, as they go out. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Whether the trace of the request goes on, or one of our own begins. */
  readonly trace: 'continued' | 'begun';
  /** What is sent. Default: what was received, or `02` where the trace begins: not recorded, and random. */
  readonly flags?: string;
  /** What is sent. Default: none. */
  readonly tracestate?: string;
  readonly baggage?: string;
  /** How often the target is called in the one execution. Default: once. */
  readonly calls?: number;
  /** Default: one of the trust domain. */
  readonly target?: 'external';
}

type Lines = TraceCase['headers'];
type Rest = Omit<TraceCase, 'id' | 'section' | 'headers' | 'trace'>;

export const rules =
  (section: string, trace: TraceCase['trace']) =>
  (id: string, headers: Lines, rest: Rest = {}): TraceCase => ({ id, section, headers, trace, ...rest });
export const parent = (value: string): Lines => [['traceparent', value]];
export const valid = (flags = '01', version = '00'): Lines => parent(`${version}-${TRACE}-${PARENT}-${flags}`);
export const state = (...lines: string[]): Lines => [...valid(), ...lines.map(line => ['tracestate', line] as const)];
