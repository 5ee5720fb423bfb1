// This repository has the types of Node 20, which has no node:sqlite: these are from those of Node 24.
/// <reference path="../node_modules/types-node-24/sqlite.d.ts" />
