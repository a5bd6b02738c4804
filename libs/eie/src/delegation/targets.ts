import { EieConfigurationError } from '../eie.error.js';
import { type TargetGrant } from '../envelope/issue.js';
import { type IssuerOptions } from '../options/issuer.options.js';
import { TargetOptions } from '../options/target.options.js';
import { readOptions } from '../options/read-options.js';

/** A downstream service, configured by the operator. */
export interface Target extends TargetGrant {
  readonly baseUrl: URL;
  readonly issuer: string;
  readonly resource: string;
  readonly external: boolean;
}

/** The targets of the application by name: those of `forRoot` and those of every `forFeature`. */
export class TargetRegistry {
  readonly #targets = new Map<string, Target>();

  constructor(private readonly issuers: readonly IssuerOptions[]) {}

  /**
   * @param where the call that gave them, for the message
   * @throws EieConfigurationError naming target, option and fix
   */
  add(targets: Record<string, TargetOptions>, where: string): void {
    for (const [name, input] of Object.entries(targets)) {
      const { baseUrl, onward = {}, external = false, ...options } = readOptions(TargetOptions, input, `${where}: targets.${name}`);
      if (this.#targets.has(name)) throw new EieConfigurationError(`${where}: target "${name}" is configured twice: give one of them another name.`);
      const issuer = this.issuers.find(one => one.issuer === options.issuer);
      if (!issuer) throw new EieConfigurationError(`${where}: targets.${name}.issuer must be one of issuers[].issuer.`);
      if (!issuer.client) {
        throw new EieConfigurationError(`${where}: targets.${name} needs a token of ${options.issuer}: configure issuers[].client for that issuer.`);
      }
      this.#targets.set(name, Object.freeze({ ...options, name, baseUrl: new URL(baseUrl), onward, external }));
    }
  }

  get(name: string): Target | undefined {
    return this.#targets.get(name);
  }

  /** Whether some target needs the user's token once more, for an exchange. */
  actsForUsers(): boolean {
    return [...this.#targets.values()].some(target => target.mode !== 'service_identity');
  }
}
