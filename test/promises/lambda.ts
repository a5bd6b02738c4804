/** An event of an API gateway (payload format 2.0), as a function on AWS Lambda gets it. */
export function lambdaEvent(path: string, { method = 'GET', headers = {} }: RequestInit = {}): object {
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: '',
    headers: { host: 'mcp.shop.test', ...(headers as Record<string, string>) },
    requestContext: {
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'test' },
      stage: '$default',
    },
    isBase64Encoded: false,
  };
}

/** What the function answers. */
export const answerOf = (result: unknown): { status: number; text: string } => {
  const { statusCode, body, isBase64Encoded } = result as {
    statusCode: number;
    body: string;
    isBase64Encoded?: boolean;
  };
  return { status: statusCode, text: isBase64Encoded ? Buffer.from(body, 'base64').toString() : body };
};
