// What `@nestjs/config` exports, as far as the page uses it.
export declare class ConfigModule {}
export declare class ConfigService {
  getOrThrow(name: string): string;
}
