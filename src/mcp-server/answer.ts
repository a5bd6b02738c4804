import {
  BadGatewayException,
  ConflictException,
  ForbiddenException,
  type HttpException,
  HttpStatus,
  NotFoundException,
} from '@nestjs/common';
import { EieError } from 'nestjs-eie';

/** The answer of an API, or the error that the agent is told in its place. */
export async function answerOf<T>(answer: Promise<T>, what: string): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof EieError && error.code === 'target_failed') throw failureOf(error.targetStatus, what);
    throw error;
  }
}

/** What the agent is told about an API that answered with this status. */
export function failureOf(status: number | undefined, what: string): HttpException {
  switch (status as HttpStatus) {
    case HttpStatus.FORBIDDEN:
      return new ForbiddenException(`You may not do this with the ${what}.`);
    case HttpStatus.NOT_FOUND:
      return new NotFoundException(`You have no ${what}.`);
    case HttpStatus.CONFLICT:
      return new ConflictException(`The state of the ${what} does not allow it.`);
    default:
      return new BadGatewayException(`The service that holds the ${what} failed.`);
  }
}
