-- expect: script
-- An error object whose text is an error.
error(setmetatable({}, { __tostring = function() error({}) end }))
