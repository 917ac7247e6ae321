-- expect: ok
-- __name is not trusted with a format.
local t = setmetatable({}, { __name = '%s%s%n' })
assert(tostring(t) == '%s%s%n: #1', tostring(t))
