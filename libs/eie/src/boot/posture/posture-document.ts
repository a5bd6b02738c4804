import { type Requirement } from 'execution-identity';
import { type Danger } from '../../configuration/facts/dangers.js';
import { type Described } from '../../configuration/facts/described.js';
import { type ServerFacts } from '../../configuration/facts/server-facts.js';
import { type Versions } from '../../configuration/versions.js';
import { type TargetFacts } from '../../delegation/targets/target-facts.js';

/** What is run when somebody calls: an HTTP handler, what an MCP client reaches, what a worker does, or a handler that a guard of the application protects. */
export type PostureHandlerKind =
  'http' | 'tool' | 'resource' | 'template' | 'prompt' | 'job' | 'message' | 'gateway' | 'graphql';

/** The input of a handler, by the JSON Schema that clients are shown. */
export interface PostureInput {
  /** Of its canonical JSON (RFC 8785), in hexadecimal. */
  readonly schemaSha256: string;
  /** Whether every object in it refuses members that are not declared. */
  readonly closed: boolean;
}

/**
 * What a tool may do, as it declares by the annotations of MCP, with the defaults of MCP: a tool that declares nothing may destroy. They are hints
 * for clients: nothing is checked, and nothing is refused by them.
 */
export interface PostureSensitivity {
  readonly readOnly: boolean;
  /** Whether it may change or delete what is there, and not only add to it. */
  readonly destructive: boolean;
  /** Whether the same call again does nothing more. */
  readonly idempotent: boolean;
  /** Whether it reaches things that nobody can list, such as the web. */
  readonly openWorld: boolean;
}

/** A body parser of the HTTP adapter. */
export interface PostureParser {
  /** The content type; on Express the parser: `json`, `urlencoded`, `text`, `raw`. */
  readonly parser: string;
  /** Bytes of a body at most. `null` where it has no limit, or one that cannot be read: then it is said in `unproven`. */
  readonly limit: number | null;
}

/** One handler, and who may run it. */
export interface PostureHandler {
  readonly kind: PostureHandlerKind;
  /** As the audit log names it: the name of a tool, `resource:…`, `prompt:…`, `job:…`, `Class.method`. */
  readonly name: string;
  /** `Class.method`. */
  readonly method: string;
  /** Where it is served: `GET /orders/:id`; of what an MCP client reaches, the path of its route; of a job, `queue …`. */
  readonly routes: readonly string[];
  readonly policy: 'protected' | 'public' | 'unmanaged' | 'dispatcher' | 'none';
  /** Of `public` and `unmanaged`. */
  readonly reason: string | null;
  /** All of them must hold, an approval too. */
  readonly requirements: readonly Requirement[];
  readonly targets: readonly { readonly name: string; readonly mode: string | null }[];
  /** Of a tool. `null` for all else, which has no annotations. */
  readonly sensitivity: PostureSensitivity | null;
  /** The fields of its input that are declared as data about somebody. */
  readonly dataSubjects: readonly { readonly path: string; readonly reason: string; readonly freeForm: boolean }[];
  /** `null` where no schema of its input is known. */
  readonly input: PostureInput | null;
}

/** A route that no handler of Nest serves, or a handler that cannot be decorated: `authorization.routes`. */
export interface PostureRoute {
  readonly method: string;
  readonly path: string;
  readonly access: 'public' | 'unmanaged';
  readonly reason: string;
}

/** Something that this document cannot show. */
export interface Unproven {
  /** A fixed word. */
  readonly what: string;
  readonly why: string;
}

/**
 * What an application allows, after its boot checks. The same application gives the same document: there is no time in it, no path and no name
 * of the machine, and no secret. `deployment` is what differs between installations of the same application; all else is its posture.
 */
export interface PostureDocument {
  readonly schema: 'urn:nestjs-eie:posture:1';
  readonly service: string;
  readonly resource: string;
  readonly issuers: readonly Described[];
  readonly trust: Described;
  /** Who may end identities from outside; `null`: nobody. */
  readonly signals: Described;
  readonly handlers: readonly PostureHandler[];
  readonly routes: readonly PostureRoute[];
  readonly authorization: { readonly [option: string]: Described };
  readonly proofOfPossession: { readonly [option: string]: Described };
  readonly targets: readonly TargetFacts[];
  readonly mcp: readonly { readonly path: string; readonly [member: string]: Described }[];
  readonly limits: { readonly [option: string]: Described };
  readonly parsers: readonly PostureParser[];
  /** How many there are, as the configuration says, and what one of them would not have of another. */
  readonly instances: { readonly declared: ServerFacts['instances']; readonly ownState: ServerFacts['ownState'] };
  readonly audit: ServerFacts['audit'];
  readonly ports: ServerFacts['ports'];
  readonly policyEngine: boolean;
  readonly dangers: readonly Danger[];
  readonly unproven: readonly Unproven[];
  readonly deployment: {
    readonly versions: Versions;
    readonly signing: ServerFacts['signing'];
    /** The public keys that verify what this server seals: by RFC 7638, and not those of `ephemeral`, which each process has for itself. */
    readonly signingKeys: readonly { readonly alg: string; readonly thumbprint: string }[];
  };
}
