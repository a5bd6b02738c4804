import { TestAuthorizationServer } from 'nestjs-eie/testing';
import { required, shopClient } from './settings.js';

const shop = required('SHOP_RESOURCE');

/** Stands in for your issuer, on this machine alone. It exchanges a token of the shop for the client that is the shop. */
const server = await TestAuthorizationServer.start({
  port: Number(required('ISSUER_PORT')),
  clients: [{ clientId: shopClient, secret: required('SHOP_CLIENT_SECRET'), serves: [shop] }],
});
const scopes = ['deliveries:read'];
console.log(await server.token({ sub: 'alice', agent: 'desk-agent', scopes, audience: shop, expiresIn: 3600 }));
