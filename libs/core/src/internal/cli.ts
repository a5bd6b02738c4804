/** The command line, for the binary of `nestjs-eie`. */
export { main } from '../cli/terminal.js';
