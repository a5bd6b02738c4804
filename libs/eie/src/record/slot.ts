import { EieError } from 'execution-identity';

/** A constructor may return another object. The private fields of a subclass are then added to that object. */
class ReturnsItsArgument {
  constructor(carrier: object) {
    return carrier;
  }
}

/**
 * One hidden place on objects that this library did not make, such as a request of Express: a private field, added from outside.
 * Only the holder of the slot can read it. It is no property: it is not copied, not inherited, and not seen through a proxy.
 *
 * A weak map would do the same and costs fifteen times more in garbage collection, for every request.
 *
 * @example const admissions = new Slot<Admission>(); admissions.fill(request, admission); admissions.of(request);
 */
export class Slot<Value> {
  readonly #stamp = stampOf<Value>();

  /**
   * Puts a value on the carrier, in place of one that is there. Freeze the carrier afterwards, not before.
   *
   * @throws EieError `unsupported_context` for what can carry nothing: a primitive, or an object that is frozen already
   */
  fill(carrier: unknown, value: Value): void {
    this.#stamp.write(carrier, value);
  }

  /** What the carrier was filled with; of anything else, primitives too, `undefined`. */
  of(carrier: unknown): Value | undefined {
    return this.#stamp.read(carrier);
  }
}

/** A class for each slot: its private field is what tells one slot from another. */
function stampOf<Value>() {
  return class Stamp extends ReturnsItsArgument {
    #value: Value;

    private constructor(carrier: object, value: Value) {
      super(carrier);
      this.#value = value;
    }

    static write(carrier: unknown, value: Value): void {
      if (isObject(carrier) && #value in carrier) carrier.#value = value;
      // Whether an object that takes no properties takes a private field differs between versions of V8.
      else if (isObject(carrier) && Object.isExtensible(carrier)) new Stamp(carrier, value);
      else throw new EieError('unsupported_context');
    }

    static read(carrier: unknown): Value | undefined {
      return isObject(carrier) && #value in carrier ? carrier.#value : undefined;
    }
  };
}

const isObject = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';
