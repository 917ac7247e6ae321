-- expect: script undeclared name 'total'
-- A global made in passing.
function row(r) total = 1 return r end
