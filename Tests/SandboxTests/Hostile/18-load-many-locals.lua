-- expect: ok
-- More locals than a function may have are an error.
local t = {}
for i = 1, 300 do t[i] = 'local a' .. i .. ' = 1' end
assert(load(table.concat(t, '\n')) == nil)
