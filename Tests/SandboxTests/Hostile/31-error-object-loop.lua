-- expect: cpu
-- An error object whose text never comes.
error(setmetatable({}, { __tostring = function() while true do end end }))
