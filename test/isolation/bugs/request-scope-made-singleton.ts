import { Injectable } from '@nestjs/common';
import { Basket } from '../application/basket.js';
import { type Bug } from '../bug.js';

@Injectable()
class SharedBasket {
  readonly items: string[] = [];
}

export const bug: Bug = {
  name: 'a provider of one request that was made a singleton',
  providers: [{ provide: Basket, useClass: SharedBasket }],
};
