// The user encoder of the live model.
// Parameters: none.
// Returns: kind STRING, gru or ials; dimensions INTEGER, of its vectors; content MAP, all properties of its node: its
//   arrays, as little-endian 32-bit floats, are BYTES.

MATCH (train:Run {stage: 'train', live: true})
MATCH (e:UserEncoder {runId: train.runId})
RETURN e.kind AS kind, e.dimensions AS dimensions, properties(e) AS content
ORDER BY kind;
