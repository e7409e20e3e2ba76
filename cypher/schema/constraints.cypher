// What must be unique, and what is looked up; created before anything is loaded.
// Parameters: none.
// Returns: nothing.

CREATE CONSTRAINT movie_id IF NOT EXISTS FOR (m:Movie) REQUIRE m.movieId IS UNIQUE;

CREATE CONSTRAINT user_id IF NOT EXISTS FOR (u:User) REQUIRE u.userId IS UNIQUE;

CREATE CONSTRAINT run_id IF NOT EXISTS FOR (run:Run) REQUIRE run.runId IS UNIQUE;

CREATE CONSTRAINT run_lock IF NOT EXISTS FOR (lock:RunLock) REQUIRE lock.lockId IS UNIQUE;

CREATE CONSTRAINT load_id IF NOT EXISTS FOR (load:Load) REQUIRE load.loadId IS UNIQUE;

CREATE CONSTRAINT load_fingerprint IF NOT EXISTS FOR (load:Load) REQUIRE load.fingerprint IS UNIQUE;

CREATE INDEX user_name IF NOT EXISTS FOR (u:User) ON (u.name);

CREATE INDEX movie_title IF NOT EXISTS FOR (m:Movie) ON (m.title);

CREATE INDEX movie_like_index IF NOT EXISTS FOR (m:Movie) ON (m.likeIndex);

CREATE FULLTEXT INDEX movie_titles IF NOT EXISTS FOR (m:Movie) ON EACH [m.title]
OPTIONS {indexConfig: {`fulltext.analyzer`: 'standard-folding'}};

CALL db.awaitIndexes(300);
