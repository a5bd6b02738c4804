/** What a check throws when the server does not do what it asks for. */
export class Unmet extends Error {
  /** @param level in the place of the check's own */
  constructor(message, { level, details } = {}) {
    super(message);
    Object.assign(this, { level, details });
  }
}

/** What a check throws when it cannot be made: it is never passed then. */
export class NotTestable extends Error {}

export const unmet = (message, more) => {
  throw new Unmet(message, more);
};

export const skip = reason => {
  throw new NotTestable(reason);
};
