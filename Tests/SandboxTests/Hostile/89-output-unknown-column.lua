-- expect: script has a column 'zzz'
-- A column that was not declared.
function row(r) return { zzz = 1 } end
