-- expect: script comes later
-- A shape that comes later.
function batch(b) return b end
