'use strict';
// What jobs have in place of undici: the part that the keeper uses. The whole package also loads fetch, WebSocket, caches and mocks.
const Dispatcher = require('undici/lib/dispatcher/dispatcher.js');

Dispatcher.prototype.request = require('undici/lib/api/api-request.js');
exports.Agent = require('undici/lib/dispatcher/agent.js');
