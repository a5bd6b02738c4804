/** Where conveniences that are not safe may be used. An unset NODE_ENV is production. */
export const isDevelopment = (): boolean => ['development', 'test'].includes(process.env.NODE_ENV ?? '');

/** Whether the process looks like one of several: a worker of `node:cluster` or of PM2, or in a pod of Kubernetes. */
export const mayHaveOtherInstances = (): boolean =>
  ['NODE_UNIQUE_ID', 'NODE_APP_INSTANCE', 'KUBERNETES_SERVICE_HOST'].some(name => process.env[name] !== undefined);
