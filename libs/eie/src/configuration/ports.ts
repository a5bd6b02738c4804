import { type DelegationMode } from 'execution-identity';

/** The clock of the library as a provider: a function that returns milliseconds since the epoch. */
export const EIE_CLOCK = Symbol('EIE_CLOCK');

/** Where the library reports what an operator needs to know: `Diagnostics` of execution-identity. */
export const EIE_DIAGNOSTICS = Symbol('EIE_DIAGNOSTICS');

/** A policy engine that is asked about each call which the requirements of its handler allow: `PolicyEngineCheck`. Optional. */
export const EIE_POLICY_ENGINE = Symbol('EIE_POLICY_ENGINE');

/** How the targets of the application are called, for the policy engine: {@link TargetModes}. */
export const EIE_TARGET_MODES = Symbol('EIE_TARGET_MODES');

export interface TargetModes {
  get(name: string): { readonly name: string; readonly mode: DelegationMode } | undefined;
}
