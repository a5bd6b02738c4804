import { Injectable, Scope } from '@nestjs/common';

/** What one request has put into its basket. */
@Injectable({ scope: Scope.REQUEST })
export class Basket {
  readonly items: string[] = [];
}
