-- expect: script protected metatable
-- Nor can a row's.
function row(r) setmetatable(r, {}) return r end
