interface ToSend {
  readonly token: string;
  /** Default `Bearer`. */
  readonly scheme?: string;
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The bytes of a request that keeps its connection open. */
export function requestBytes({ token, scheme = 'Bearer', method = 'GET', path, headers = {}, body }: ToSend): Buffer {
  const fields = {
    Host: '127.0.0.1',
    Authorization: `${scheme} ${token}`,
    Connection: 'keep-alive',
    ...headers,
    ...(body !== undefined && { 'Content-Length': String(Buffer.byteLength(body)) }),
  };
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${head.join('')}\r\n${body ?? ''}`);
}
