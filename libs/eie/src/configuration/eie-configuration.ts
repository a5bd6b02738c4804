let read: <Options extends object>(configuration: EieConfiguration<Options>) => Options;

/**
 * The options of the module, as the provider that holds them. Keys and client secrets are in there, and any provider of an
 * application can be injected anywhere, so an instance shows nothing and has no method. To know how the server is
 * configured, inject `ServerProfile`.
 */
export class EieConfiguration<Options extends object = object> {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
    Object.freeze(this);
  }

  static {
    read = configuration => configuration.#options;
  }
}

/**
 * The options behind the provider. An import rule names the few files that may call this: what it returns must go into
 * private fields, and to nothing that the caller was given from outside.
 */
export function optionsOf<Options extends object>(configuration: EieConfiguration<Options>): Options {
  return read(configuration);
}
