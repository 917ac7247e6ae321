-- expect: script oh
-- An error object with a text.
error(setmetatable({}, { __tostring = function() return 'oh' end }))
