import { expectTypeOf } from 'expect-type';
import { EieModule, type EieOptions, type IssuerOptions, IssuerSource, type TargetOptions } from 'nestjs-eie';
import { auth0, keycloak } from 'nestjs-eie/presets';

declare const options: EieOptions;
EieModule.forRoot(options);
// @ts-expect-error -- what a token is for must be said
EieModule.forRoot({ issuers: options.issuers });
// @ts-expect-error -- no such option, and none that would switch a check off
EieModule.forRoot({ ...options, verifySignatures: false });

// Algorithms are asymmetric: a shared secret cannot be configured.
expectTypeOf<'ES256'>().toExtend<IssuerOptions['algorithms'][number]>();
expectTypeOf<'EdDSA'>().toExtend<IssuerOptions['algorithms'][number]>();
expectTypeOf<'none'>().not.toExtend<IssuerOptions['algorithms'][number]>();
expectTypeOf<'HS256'>().not.toExtend<IssuerOptions['algorithms'][number]>();

// A preset gives the options of an issuer, and demands what it cannot know.
expectTypeOf(keycloak).returns.toEqualTypeOf<IssuerOptions>();
expectTypeOf(keycloak).toBeCallableWith({ url: 'https://login.test', realm: 'shop' });
// @ts-expect-error -- the realm is missing
keycloak({ url: 'https://login.test' });
// @ts-expect-error -- the issuer follows from the domain
auth0({ domain: 'shop.eu.auth0.com', issuer: 'https://evil.test' });

// A source of issuers may know nothing of one, and says which ones clients are told.
export class Tenants extends IssuerSource {
  readonly advertised = ['https://login.test'];
  find(issuer: string): Promise<IssuerOptions | undefined> {
    expectTypeOf(issuer).toEqualTypeOf<string>();
    return Promise.resolve(undefined);
  }
}

EieModule.forFeature({ targets: { orders_api: {} as TargetOptions } });
// @ts-expect-error -- a target is no address alone
EieModule.forFeature({ targets: { orders_api: 'https://orders.test' } });
