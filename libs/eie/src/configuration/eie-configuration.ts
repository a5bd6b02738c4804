/** Only this file has it, so no other code can make a configuration. */
const KEY = Symbol('configuration');

let read: <Options extends object>(configuration: EieConfiguration<Options>) => Options;

/**
 * The options of a module, as the provider that holds them. Keys and client secrets are in there, and any provider of an
 * application can be injected anywhere, so an instance shows nothing and has no method. To know how the server is
 * configured, inject `ServerProfile`.
 */
export class EieConfiguration<Options extends object = object> {
  readonly #options: Options;

  /** @throws TypeError for any other code: see {@link configure} */
  constructor(key: symbol, options: Options) {
    if (key !== KEY) throw new TypeError('A configuration comes from forRoot() or register().');
    this.#options = options;
    Object.freeze(this);
  }

  static {
    read = configuration => configuration.#options;
  }
}

/** For the modules, which have checked the options. */
export function configure<Options extends object>(options: Options): EieConfiguration<Options> {
  return new EieConfiguration(KEY, options);
}

/**
 * The options behind the provider. An import rule names the files that may call this. They keep the result in private fields. They also
 * take from it, and not from an injected provider, everything that receives a secret: any code can call a constructor with parts of its
 * own.
 */
export function optionsOf<Options extends object>(configuration: EieConfiguration<Options>): Options {
  return read(configuration);
}
