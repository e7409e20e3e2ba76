//   exclude LIST<INTEGER>, movieIds to leave out; anyGenre LIST<STRING>, one of these, empty: any; allGenres
//   LIST<STRING>, each of these; noGenres LIST<STRING>, none of these; fromYear INTEGER or null; toYear INTEGER or
//   null; minRatings INTEGER, least number of users who rated a movie;
