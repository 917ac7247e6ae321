-- expect: memory
-- Rows that are kept.
local kept = {}
function row(r) for i = 1, 1e7 do kept[#kept + 1] = { i, i } end return r end
