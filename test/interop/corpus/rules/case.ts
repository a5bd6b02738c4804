import { type EieErrorCode } from 'execution-identity';

export type Kind = 'claims' | 'header' | 'keys' | 'metadata' | 'authorization';
export type Json = unknown;
export type Members = Readonly<Record<string, Json>>;

/** What an issuer answers with. `{issuer}`, `{id}` and `{server}` are replaced in texts. */
export interface Answer {
  readonly status?: number;
  /** The media type. Default `application/json`. */
  readonly type?: string;
  readonly json?: Json;
  readonly text?: string;
  readonly encoding?: Encoding;
  readonly location?: string;
  /** White space behind the document, up to so many bytes. */
  readonly size?: number;
  readonly gzip?: true;
  /** The connection ends in the middle. */
  readonly cut?: true;
}

export type Encoding = 'latin1' | 'utf16le';

/** What is another than in a genuine request. Everything else is genuine. */
export interface Recipe {
  /** A configured issuer (`../issuers.ts`). Default `plain`. */
  readonly issuer?: string;
  readonly claims?: Members;
  readonly withoutClaims?: readonly string[];
  readonly header?: Members;
  readonly withoutHeader?: readonly string[];
  /** The JSON text itself; `…` stands for the genuine members. */
  readonly claimsText?: string;
  readonly headerText?: string;
  readonly encoding?: Encoding;
  /** A key of this run (`../test-keys.ts`), and the algorithm it signs with; `alg` in the header is another matter. */
  readonly key?: string;
  readonly by?: string;
  /** How the parts are put together (`../token.ts`). Default `{header}.{claims}.{signature}`. */
  readonly compact?: string;
  /** Whether the request proves the possession of the key that `{jkt}` stands for. */
  readonly proven?: true;
  /** The JWK Set of an issuer of its own. A member `from` names a key of this run, whose public members come first. */
  readonly keys?: readonly Json[];
  /** How the set is served, instead of as a plain answer. */
  readonly served?: Answer;
  /** The metadata documents of an issuer of its own, by form: `{issuer}/.well-known/…`, and RFC 8414 section 3.1. */
  readonly metadata?: { readonly openid?: Answer; readonly oauth?: Answer };
  /** The path of that issuer. Default: the name of the case. */
  readonly path?: string;
  /** Header lines, with `{token}`. Default `Authorization: Bearer {token}`. */
  readonly lines?: readonly string[];
}

/** A case: a recipe, and what must come of it. */
export interface Case extends Recipe {
  readonly id: string;
  readonly rule: string;
  /** The section that it comes from. */
  readonly source: string;
  readonly kind: Kind;
  readonly verdict: 'legal' | 'illegal';
  readonly reason?: EieErrorCode;
}

/** Recipes by what is another in each. */
export type Recipes = Readonly<Record<string, Recipe>>;

/** The cases of one rule, each by a name that is also its title. */
export class Rule {
  readonly cases: Case[] = [];

  constructor(
    private readonly kind: Kind,
    private readonly rule: string,
    private readonly source: string,
  ) {}

  legal(recipes: Recipes): this {
    return this.#add(recipes, { verdict: 'legal' });
  }

  illegal(reason: EieErrorCode, recipes: Recipes): this {
    return this.#add(recipes, { verdict: 'illegal', reason });
  }

  #add(recipes: Recipes, verdict: Pick<Case, 'verdict' | 'reason'>): this {
    for (const [name, recipe] of Object.entries(recipes)) {
      const id = `${this.rule}/${name}`;
      if (this.cases.some(one => one.id === id)) throw new Error(`two cases are called ${id}`);
      this.cases.push({ id, rule: this.rule, source: this.source, kind: this.kind, ...verdict, ...recipe });
    }
    return this;
  }
}

/** One recipe for each value, by the name of the value. */
export function each<T>(values: Readonly<Record<string, T>>, recipe: (value: T, name: string) => Recipe): Recipes {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, recipe(value, name)]));
}

/** The same recipes under names that begin with a word. */
export const named = (word: string, recipes: Recipes): Recipes =>
  Object.fromEntries(Object.entries(recipes).map(([name, recipe]) => [`${word}-${name}`, recipe]));

/** A claim with each of these values. */
export const claim = (name: string, values: Members): Recipes => each(values, value => ({ claims: { [name]: value } }));

/** Large values are kept short: `expand()` of `../token.ts` makes them. */
export const repeat = (text: string, times: number): Json => ({ $repeat: text, $times: times });
export const listOf = (item: string, times: number): Json => ({ $list: item, $times: times });
export const nested = (levels: number): Json => ({ $nested: levels });
