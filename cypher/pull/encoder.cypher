// A user encoder of the live model.
// Parameters: kind STRING, gru or ials.
// Returns: kind STRING; dimensions INTEGER, of its vectors; content MAP, all properties of its node: its
//   arrays, as little-endian 32-bit floats, are BYTES.
:param kind => 'gru';

MATCH (train:Run {stage: 'train', live: true})
MATCH (e:UserEncoder {runId: train.runId, kind: $kind})
RETURN e.kind AS kind, e.dimensions AS dimensions, properties(e) AS content
ORDER BY kind;
