import { Injectable } from '@nestjs/common';
import { type IssuerOptions, IssuerSource } from 'nestjs-eie';
import { Customers } from './customers.js';

/** Each customer has an issuer of its own, which may speak for that customer alone. */
@Injectable()
export class CustomerIssuers extends IssuerSource {
  /** Each client knows where it signs in: no customer is told of the others. */
  readonly advertised = [];

  constructor(private readonly customers: Customers) {
    super();
  }

  /** @param issuer of a token that is not verified yet: it is looked up, and nothing is fetched by it */
  async find(issuer: string): Promise<IssuerOptions | undefined> {
    const customer = await this.customers.byIssuer(issuer);
    return (
      customer && {
        issuer,
        jwksUri: 'discovery',
        algorithms: ['ES256'],
        // A token of this issuer that names another tenant is refused.
        tenants: [customer.tenant],
        // A token whose subject is not its client acts for a user (RFC 9068).
        actorType: { user: { claim: 'sub', differsFrom: 'client_id' } },
      }
    );
  }
}
