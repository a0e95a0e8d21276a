-- ARGV: id. Answers what `describe` does, nil where there is no such job.
return describe(ARGV[1]) or false
