'use strict';

// Loaded by its path: by Temporal in workers and clients, and by webpack into the sandbox. Puts the message and the
// stack of a failure into a payload, which the codec then encrypts. The failure's type stays readable: retry policies
// and dashboards go by it.

const { DefaultFailureConverter } = require('@temporalio/common');

class EncodingFailureConverter extends DefaultFailureConverter {
  constructor() {
    super({ encodeCommonAttributes: true });
  }

  // What could not be encoded for want of a key cannot have its failure encoded either, and a worker that cannot report
  // a failure ends. Such a failure names a tenant and a remedy, never data, so that it may stay clear.
  errorToFailure(error, payloadConverter, context) {
    if (isCodecFailure(error)) return clear.errorToFailure(error, payloadConverter, context);
    return super.errorToFailure(error, payloadConverter, context);
  }

  // A copy: the base class replaces the message of what it gets here, which may be the failure that an error still
  // holds. Converted a second time, that error would have lost its message.
  errorToFailureInner(error, payloadConverter, context) {
    return { ...super.errorToFailureInner(error, payloadConverter, context) };
  }
}

const clear = new DefaultFailureConverter({ encodeCommonAttributes: false });

/** As it is thrown, or as an activity's failure. */
function isCodecFailure(error) {
  return error?.name === 'PayloadCodecError' || error?.type === 'PayloadCodecError';
}

exports.failureConverter = new EncodingFailureConverter();
