import {
  BadGatewayException,
  ConflictException,
  ForbiddenException,
  HttpStatus,
  NotFoundException,
} from '@nestjs/common';

/** The answer of an API, or the error that the agent is told in its place. */
export async function answerOf(response: Response, what: string): Promise<Response> {
  if (response.ok) return response;
  await response.body?.cancel();
  switch (response.status as HttpStatus) {
    case HttpStatus.FORBIDDEN:
      throw new ForbiddenException(`You may not do this with the ${what}.`);
    case HttpStatus.NOT_FOUND:
      throw new NotFoundException(`You have no ${what}.`);
    case HttpStatus.CONFLICT:
      throw new ConflictException(`The state of the ${what} does not allow it.`);
    default:
      throw new BadGatewayException(`The service that holds the ${what} failed.`);
  }
}
