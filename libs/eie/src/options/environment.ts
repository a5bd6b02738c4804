/** Where conveniences that are not safe may be used. An unset NODE_ENV is production. */
export const isDevelopment = (): boolean => ['development', 'test'].includes(process.env.NODE_ENV ?? '');
