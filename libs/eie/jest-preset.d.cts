/** The Jest preset of CommonJS projects: `"jest": { "preset": "nestjs-eie" }`, or spread into a configuration of your own. */
export declare const testEnvironment: string;
export declare const transform: Readonly<Record<string, string>>;
export declare const transformIgnorePatterns: readonly string[];
