'use strict';

// Loaded by its path: by Temporal in workers and clients, and by webpack into the sandbox. Puts the message and the
// stack of a failure into a payload, which the codec then encrypts. The failure's type stays readable: retry policies
// and dashboards go by it.

const { DefaultFailureConverter } = require('@temporalio/common');

class EncodingFailureConverter extends DefaultFailureConverter {
  constructor() {
    super({ encodeCommonAttributes: true });
  }

  // A copy: the base class replaces the message of what it gets here, which may be the failure that an error still
  // holds. Converted a second time, that error would have lost its message.
  errorToFailureInner(error, payloadConverter, context) {
    return { ...super.errorToFailureInner(error, payloadConverter, context) };
  }
}

exports.failureConverter = new EncodingFailureConverter();
