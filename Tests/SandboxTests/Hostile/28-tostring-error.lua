-- expect: script oops
-- An error in __tostring.
local e = setmetatable({}, { __tostring = function() error('oops') end })
print(e)
