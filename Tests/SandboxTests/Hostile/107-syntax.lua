-- expect: script
-- A syntax error.
function row(r) return r
