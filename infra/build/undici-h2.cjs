'use strict';
// In place of undici's HTTP/2, which loads that of Node: it is loaded when a server speaks it.
module.exports = (...args) => require('undici/lib/dispatcher/client-h2.js')(...args);
