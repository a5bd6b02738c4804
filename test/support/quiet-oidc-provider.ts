// On Node 20 oidc-provider announces an unsupported runtime at import, and no option of it turns that off.
const warn = console.warn.bind(console);
console.warn = (...parts: unknown[]) => {
  const isRuntimeNotice = String(parts[0]).includes('oidc-provider WARNING: Unsupported runtime');
  if (!isRuntimeNotice) warn(...parts);
};
