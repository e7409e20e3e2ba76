// Parameters: userId INTEGER or null; likes LIST<INTEGER>, movieIds liked besides; dislikes LIST<INTEGER>, movieIds
//   whose mean profileEmbedding is subtracted from the profile, by half; withRated BOOLEAN, movies that the user has
//   rated too; popularity FLOAT, the score is multiplied by (likeCount / the largest) ^ this; k INTEGER, >= 1;
// [shared filter_parameters]
// [end]
