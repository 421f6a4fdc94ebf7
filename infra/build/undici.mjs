// What jobs have in place of undici: the part that the keeper uses. The whole package also loads fetch, WebSocket, caches and mocks.
// Whoever imports more of it finds that the build fails.
import request from 'undici/lib/api/api-request.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';

Dispatcher.prototype.request = request;

export { Agent };
