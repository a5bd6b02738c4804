import { hash } from 'node:crypto';

/**
 * The SHA-256 of a text (as UTF-8) or of bytes, as base64url without padding: 43 characters.
 *
 * It does NOT protect a short or guessable text: anybody can compute it too.
 *
 * @example digest('abc') // 'ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0'
 */
export const digest = (data: string | Uint8Array): string => hash('sha256', data, 'base64url');
