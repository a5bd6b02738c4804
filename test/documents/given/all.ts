// What the fragments of any page take as given.
import type { INestApplication } from '@nestjs/common';
import type {
  ClientOptions,
  EieOptions,
  EventSignalOptions,
  IdentityRevocation,
  IssuerOptions,
  SigningOptions,
} from 'nestjs-eie';

export declare const resource: string;
export declare const issuer: string;
export declare const issuers: IssuerOptions[];
export declare const signing: SigningOptions;
export declare const app: INestApplication;
export declare const revocation: IdentityRevocation;
export declare class AppModule {}

/** Members of options, where the page says at which place they stand. */
export declare function of(
  shown: Partial<EieOptions> | IssuerOptions | { client: ClientOptions } | { events: EventSignalOptions },
): void;
/** The class that the shown methods are of. */
export class Given {}
export declare class OrderQuery {
  order_id: string;
  orderId: string;
}
