-- expect: script more than 10 MiB
-- A cell that no reader would take.
function row(r) r.b = string.rep('x', 11 << 20) return r end
