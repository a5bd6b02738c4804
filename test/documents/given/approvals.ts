// What the fragments of this page take as given.
export declare class RefundInput {
  order: string;
  amount: number;
}
export declare class RefundBody {
  order: string;
  amount: number;
}
