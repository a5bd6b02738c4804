// What the fragments of this page take as given.
import type {
  ClientSource,
  EieOptions,
  DelegatedFetch,
  IssuerSource,
  Signer,
  TargetCredential,
  TargetOptions,
} from 'nestjs-eie';

export declare const ISSUER: string;
export declare const baseUrl: string;
export declare const scopes: string[];
export declare const secret: string;
export declare const password: string;
export declare const clientId: string;
export declare const delivery: DelegatedFetch;
export declare const tenantIssuers: IssuerSource;
export declare const TenantClients: new () => ClientSource;
export interface AwsKeys {
  accessKeyId: string;
  secretAccessKey: string;
}
export declare const awsKeys: AwsKeys;
export declare const Signed: new (keys: AwsKeys) => TargetCredential;
export declare const authorization: string;
export declare const date: string;
export declare const keyId: string;
export declare const kms: {
  sign(input: { keyId: string; message: Uint8Array }, options: { abortSignal: AbortSignal }): Promise<Uint8Array>;
};
export declare function rawSignature(der: Uint8Array): Uint8Array;
export declare const clientKey: Signer;

/** Targets by their names, or options of the module. */
export declare function of(shown: Partial<EieOptions> | Record<string, TargetOptions>): void;
