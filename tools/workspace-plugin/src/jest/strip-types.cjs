const { stripTypeScriptTypes } = require('node:module');

/** TypeScript as Node itself runs it: types become blanks, so lines and columns stay. */
module.exports = {
  process: (source, file) => ({
    code: /\.[mc]?ts$/.test(file) ? stripTypeScriptTypes(source, { mode: 'strip' }) : source,
  }),
};
