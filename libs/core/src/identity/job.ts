import { canonicalJson } from '../canonical-json.js';
import { digest } from '../digest.js';

/** What the identity of a job is sealed for. */
export interface JobTerms {
  /** The name of the queue that the job is put into. */
  readonly queue: string;
  /**
   * What the job may do: scopes that the identity holds, or that those imply. No other scope goes with it. Roles do NOT get fewer by it: all roles
   * of the identity go along, so a handler that only a role guards is not narrowed.
   */
  readonly scopes: readonly string[];
  /** Seconds after which it no longer opens, and after which a job that still runs is ended. Default 3,600, at most 86,400: as long as a revocation is kept. */
  readonly ttl?: number;
  /** How often the job may be started in all, retries and restarts after a crash of its worker included. Default 3, at most 100. */
  readonly attempts?: number;
}

/** The job itself. What is sealed opens for exactly this one. */
export interface JobContent {
  /** The id of the job in its queue. */
  readonly id: string;
  readonly name: string;
  /** What JSON can write. */
  readonly data: unknown;
}

/** What is kept beside an envelope where its server seals jobs. */
export interface JobSealing {
  sealJob(terms: JobTerms, job: JobContent): Promise<string>;
}

export const sealsJobs = (kept: object | undefined): kept is JobSealing =>
  typeof (kept as Partial<JobSealing> | undefined)?.sealJob === 'function';

/** A job as it is stored. */
export interface StoredContent {
  /** The SHA-256 of the canonical JSON (RFC 8785) of its id, its name and its data. */
  readonly digest: string;
  /** A copy of its data, as a queue gives them back: what the digest is of. */
  readonly data: unknown;
}

/** @returns `undefined` for data that JSON cannot write, or that is nested more than 60 deep */
export function storedContent({ id, name, data }: JobContent): StoredContent | undefined {
  try {
    const stored: unknown = JSON.parse(JSON.stringify(data) ?? 'null');
    const text = canonicalJson([id, name, stored], 61);
    return text === undefined ? undefined : { digest: digest(text), data: stored };
  } catch {
    return undefined;
  }
}
