-- ARGV: id. Answers {jobs ranked before it or -1, the hash}, nil where there is no such job.
return describe(ARGV[1]) or false
