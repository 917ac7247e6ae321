-- expect: ok
-- A comparison that empties the table.
local t = { 3, 2, 1 }
table.sort(t, function(a, b) t[1], t[2], t[3] = nil, nil, nil return a < b end)
assert(t[1] == 1)
