import { validateSync } from 'class-validator';
import { EieConfigurationError } from 'execution-identity';
import { nestedOptions } from './constraints.js';
import { type AllowsHttp, httpProblems } from './insecure-http.js';
import { hintAt, isRecord } from './plain-object.js';

/** How options are read. */
interface Reading {
  /** What stands before the name of each option in a message, such as `exchange.`. */
  readonly path?: string;
  /** Default: nothing is called over http beyond loopback. */
  readonly allowsHttp?: AllowsHttp;
}

/**
 * Checks what an application gave us against an option class, all of it at once.
 *
 * @param where the call that was given the options, for the message
 * @throws EieConfigurationError with one line for each wrong, missing or unknown option, and its fix
 */
export function readOptions<T extends object>(
  type: new () => T,
  input: unknown,
  where: string,
  { path = '', allowsHttp = () => false }: Reading = {},
): T {
  const problems: string[] = [];
  const options = read(type, input, path, { problems, allowsHttp });
  if (problems.length)
    throw new EieConfigurationError(`${where} has wrong options:\n${problems.map(one => `  - ${one}`).join('\n')}`);
  return options as T;
}

function read(
  type: new () => object,
  input: unknown,
  path: string,
  reading: Required<Pick<Reading, 'allowsHttp'>> & { readonly problems: string[] },
): object {
  const { problems, allowsHttp } = reading;
  if (!isRecord(input)) {
    problems.push(`${path.slice(0, -1) || 'options'} must be an object${hintAt(input)}`);
    return {};
  }
  const options = Object.assign(new type(), input) as Record<string, unknown>;
  const wrong = new Set<string>();
  for (const error of validateSync(options, { whitelist: true, forbidNonWhitelisted: true, stopAtFirstError: true })) {
    const { whitelistValidation, ...constraints } = error.constraints ?? {};
    wrong.add(error.property);
    problems.push(
      whitelistValidation
        ? `${path}${error.property} is not an option: remove it or correct its name`
        : `${path}${Object.values(constraints)[0]}${hintAt(options[error.property], Object.hasOwn(input as object, error.property))}`,
    );
  }
  // class-validator takes it for an option that is left out, and what reads the options does not: a limit of `null` would be none.
  for (const [name, value] of Object.entries(options))
    if (value === null && !wrong.has(name))
      problems.push(`${path}${name} must not be null: give it a value, or leave it out`);
  for (const problem of httpProblems(type, options, allowsHttp)) problems.push(`${path}${problem}`);
  for (const [name, nested] of Object.entries(nestedOptions(type))) {
    const value = options[name];
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) continue;
    // What is no list, or no object at all, is said once, and not of each of its members.
    if (wrong.has(name) && !Array.isArray(value) && (nested.many || !isRecord(value))) continue;
    const readOne = (one: unknown, place: string): unknown =>
      (nested.orText && typeof one === 'string') || (nested.except && one instanceof nested.except)
        ? one
        : read(nested.type, one, `${path}${name}${place}.`, reading);
    if (nested.many && Array.isArray(value)) options[name] = value.map((one, index) => readOne(one, `[${index}]`));
    else if (!nested.many || !isRecord(value)) options[name] = readOne(value, '');
    else options[name] = Object.fromEntries(Object.entries(value).map(([key, one]) => [key, readOne(one, `.${key}`)]));
  }
  // A member that is `undefined` would replace a default when the options are spread.
  for (const name of Object.keys(options)) if (options[name] === undefined) delete options[name];
  return options;
}
