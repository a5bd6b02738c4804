/** An event of an API gateway (payload format 2.0), as a function on AWS Lambda gets it. */
export function lambdaEvent(path: string, { method = 'GET', headers = {}, body }: RequestInit = {}): object {
  const [rawPath, query = ''] = path.split('?');
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString: query,
    ...(query && { queryStringParameters: Object.fromEntries(new URLSearchParams(query)) }),
    headers: { host: 'mcp.shop.test', ...(headers as Record<string, string>) },
    requestContext: {
      http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'test' },
      stage: '$default',
    },
    ...(body && { body }),
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
