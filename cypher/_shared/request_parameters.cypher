// Parameters: userId INTEGER | STRING or null; likes LIST<INTEGER | STRING>, movieIds, more likes; dislikes
//   LIST<INTEGER | STRING>, movieIds: half of their mean profileEmbedding is subtracted from the profile; withRated
//   BOOLEAN, whether to return rated movies too; popularity FLOAT, exponent, the score is multiplied by (likeCount /
//   largest likeCount) ^ popularity; k INTEGER, >= 1;
//   userEmbedding LIST<FLOAT> or null, what the user encoder makes of the likes (null: the encoder score is 0);
// begin _shared/filter_parameters.cypher
// end _shared/filter_parameters.cypher
