import { crashSuite } from '../simulation/crash-suite.ts';

crashSuite('others', 'keys that others store');
