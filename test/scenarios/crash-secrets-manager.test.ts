import { crashSuite } from '../simulation/crash-suite.ts';

crashSuite('secrets-manager', 'keys that Secrets Manager makes');
