import { type KeyObject } from 'node:crypto';
import { Controller, Get } from '@nestjs/common';
import { calculateJwkThumbprint, exportJWK, type JWK, SignJWT } from 'jose';
import { newKeyPair } from '../support/key-pair.js';
import { Authenticated, Identity } from 'nestjs-eie';
import { createHash, randomUUID } from 'node:crypto';
import { ADAPTERS, startApp, type TestApp } from '../support/app.js';
import { claimsOf } from '../support/door.js';
import { sendRaw } from '../support/loopback.js';
import { startWorld, type World } from '../support/world.js';

@Controller('me')
class MeController {
  @Get()
  @Authenticated()
  me(@Identity('actor.sub') sub: string) {
    return sub;
  }
}

const URL_OF_ME = 'https://mcp.shop.test/me';

describe.each(ADAPTERS)('a token that is bound to a key (DPoP) on %s', adapter => {
  let world: World;
  let app: TestApp;
  let key: KeyObject;
  let jwk: JWK;
  let token: string;

  beforeAll(async () => {
    world = await startWorld();
    app = await startApp(world, {
      adapter,
      controllers: [MeController],
      // A server that moves its routes: Express matches what a middleware has left in `url`.
      prepare: nest =>
        nest.use((request: { url: string }, _response: unknown, next: () => void) => {
          request.url = request.url.replace('/old/me', '/me');
          next();
        }),
    });
    const pair = newKeyPair();
    key = pair.privateKey;
    jwk = await exportJWK(pair.publicKey);
    token = world.userToken({ claims: { cnf: { jkt: await calculateJwkThumbprint(jwk) } } });
  });
  afterAll(async () => {
    await app?.close();
    await world?.close();
  });

  const proof = (changes: object = {}) =>
    new SignJWT({
      htm: 'GET',
      htu: URL_OF_ME,
      jti: randomUUID(),
      ath: createHash('sha256').update(token).digest('base64url'),
      ...changes,
    })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
      .setIssuedAt()
      .sign(key);
  const get = (headers: Record<string, string>, path = '/me') => fetch(app.url + path, { headers });
  const refused = (reason: string) =>
    expect(app.auditLog.events.at(-1)).toMatchObject({ type: 'admission.refused', reason, actor_sub: null });

  it('opens with a proof for this request, and a new one each time, remembered or not', async () => {
    for (let i = 0; i < 3; i++) {
      const response = await get({ authorization: `DPoP ${token}`, dpop: await proof() });
      expect([response.status, await response.text()]).toEqual([200, 'alice']);
    }
  });

  it('opens with the proof when cnf says more of the key than its thumbprint, as every token of Keycloak does', async () => {
    const plain = token;
    const { cnf } = claimsOf(plain) as { cnf: object };
    token = world.userToken({ claims: { cnf: { ...cnf, 'kc-jkt-type': 'DPoP' } } });
    expect((await get({ authorization: `DPoP ${token}`, dpop: await proof() })).status).toBe(200);
    expect((await get({ authorization: `DPoP ${token}` })).status).toBe(401);
    refused('proof_of_possession_invalid');
    expect((await get({ authorization: `Bearer ${token}` })).status).toBe(401);
    refused('proof_of_possession_invalid');
    token = plain;
  });

  it('does not open as a bearer token, with or without a proof', async () => {
    expect((await get({ authorization: `Bearer ${token}` })).status).toBe(401);
    refused('proof_of_possession_invalid');
    expect((await get({ authorization: `Bearer ${token}`, dpop: await proof() })).status).toBe(401);
  });

  it('does not open without a proof, with a used one, or with one for another request', async () => {
    expect((await get({ authorization: `DPoP ${token}` })).status).toBe(401);
    refused('proof_of_possession_invalid');
    const used = await proof();
    expect((await get({ authorization: `DPoP ${token}`, dpop: used })).status).toBe(200);
    expect((await get({ authorization: `DPoP ${token}`, dpop: used })).status).toBe(401);
    refused('proof_replayed');
    for (const changes of [
      { htm: 'POST' },
      { htu: 'https://mcp.shop.test/other' },
      { htu: `${app.url}/me` },
      { ath: 'x' },
    ]) {
      expect((await get({ authorization: `DPoP ${token}`, dpop: await proof(changes) })).status).toBe(401);
      refused('proof_of_possession_invalid');
    }
  });

  it('does not open with two proofs, though each of them is right', async () => {
    const proofs = ['DPoP', await proof(), 'DPoP', await proof()];
    const { status } = await sendRaw(`${app.url}/me`, { headers: ['Authorization', `DPoP ${token}`, ...proofs] });
    expect(status).toBe(401);
    refused('proof_of_possession_invalid');
  });

  it('ignores the query of the request, as the proof does', async () => {
    expect((await get({ authorization: `DPoP ${token}`, dpop: await proof() }, '/me?x=1')).status).toBe(200);
  });

  if (adapter === 'express')
    it('is proven for the address that its client called, and not for the one it was led to', async () => {
      const old = await proof({ htu: 'https://mcp.shop.test/old/me' });
      expect((await get({ authorization: `DPoP ${token}`, dpop: old }, '/old/me')).status).toBe(200);
      expect((await get({ authorization: `DPoP ${token}`, dpop: await proof() }, '/old/me')).status).toBe(401);
      refused('proof_of_possession_invalid');
    });

  it('a token that is not bound does not come as if it were, and no proof stands beside it', async () => {
    for (const scheme of ['DPoP', 'Bearer']) {
      expect((await get({ authorization: `${scheme} ${world.userToken()}`, dpop: await proof() })).status).toBe(401);
      refused('key_binding_refused');
    }
  });

  it('the challenge and the metadata say which algorithms a proof may have', async () => {
    expect((await get({})).headers.get('www-authenticate')).toContain(', DPoP algs="ES256 ');
    expect(await (await get({}, '/.well-known/oauth-protected-resource')).json()).toMatchObject({
      dpop_signing_alg_values_supported: expect.arrayContaining(['ES256']),
    });
  });
});
