-- expect: script nested deeper
-- A declaration that contains itself.
local t = {}
t.t = t
transform(t)
