-- expect: script unknown column 'bb', did you mean 'b'?
-- A misspelt column.
function row(r) return { b = r.bb } end
