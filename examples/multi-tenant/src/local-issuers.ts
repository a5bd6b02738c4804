import { TestAuthorizationServer } from 'nestjs-eie/testing';

const customers = Object.entries(JSON.parse(process.env.CUSTOMERS ?? '{}') as Record<string, string>);
const audience = process.env.EIE_RESOURCE ?? 'http://localhost:3000/mcp';

/** Stand in for the issuers of the customers, on this machine alone. Each prints a token of its own user, and one that lies about the tenant. */
for (const [tenant, issuer] of customers) {
  const server = await TestAuthorizationServer.start({ port: Number(new URL(issuer).port), audience });
  const sub = `alice@${tenant}`;
  console.log(`${tenant}: ${await server.token({ sub, tenant, expiresIn: 3600 })}`);
  console.log(`${tenant}, of another tenant: ${await server.token({ sub, tenant: 'another', expiresIn: 3600 })}`);
}
