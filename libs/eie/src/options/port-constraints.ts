import { ValidateBy, type ValidationOptions } from 'class-validator';

/** An instance of a class that extends an abstract one. */
export const Extends = (type: abstract new () => object): PropertyDecorator =>
  ValidateBy(
    { name: 'extends', validator: { validate: value => value instanceof type } },
    { message: `$property must be an instance of a class that extends ${type.name}` },
  );

/** An object with this method. */
export const HasMethod = (method: string, options: ValidationOptions): PropertyDecorator =>
  ValidateBy(
    {
      name: 'hasMethod',
      validator: { validate: value => typeof (value as Record<string, unknown> | null)?.[method] === 'function' },
    },
    options,
  );
