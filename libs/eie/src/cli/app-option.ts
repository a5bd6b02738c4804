/** The option of every command that looks at an application. */
export const APP_OPTION = { app: { type: 'string' } } as const;

export const APP_USAGE = [
  '--app <file>#<name>  the application: a module class, or a function that returns',
  '                     a module or the application, created and not started.',
  '                     A function says the HTTP adapter, prefix and versions too.',
  '                     Its providers are made and its hooks run; nothing listens,',
  '                     and nothing is written to its audit log.',
];
