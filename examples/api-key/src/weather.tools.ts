import { IsString, Length } from 'class-validator';
import { Authenticated, Delegated, type DelegatedFetch, path } from 'nestjs-eie';
import { Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';

export class ForecastQuery {
  @IsString()
  @Length(2, 60)
  city: string;
}

@ToolController()
export class WeatherTools {
  /** The key is set behind this fetch: no tool can read it, and it goes nowhere but to the API. */
  @Tool({ name: 'forecast', description: 'The weather of tomorrow' })
  @Authenticated()
  forecast(@ToolInput() { city }: ForecastQuery, @Delegated('weather_api') weather: DelegatedFetch) {
    return weather.json(path`/forecast/${city}`);
  }
}
