// Every user of whom more is known than ratings.
// Parameters: none.
// Returns: user MAP of userId INTEGER | STRING, gender STRING, age INTEGER, occupation STRING, zipCode STRING.

MATCH (u:User)
WHERE u.gender IS NOT NULL OR u.age IS NOT NULL OR u.occupation IS NOT NULL OR u.zipCode IS NOT NULL
RETURN u {.userId, .gender, .age, .occupation, .zipCode} AS user
ORDER BY user.userId;
