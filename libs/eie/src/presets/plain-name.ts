import { ValidateBy } from 'class-validator';

/** One plain word of a URL: with a scheme or a slash in it, it would name another issuer. */
export const IsPlainName = (example: string): PropertyDecorator =>
  ValidateBy(
    {
      name: 'isPlainName',
      validator: { validate: value => typeof value === 'string' && /^[\w.~-]+(:\d+)?$/.test(value) },
    },
    { message: `$property must be a plain name such as "${example}", without a scheme or a slash` },
  );
