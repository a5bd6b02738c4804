declare module 'compression';
declare module 'cookie-parser';
declare module 'express-session';
declare module 'passport-local';
