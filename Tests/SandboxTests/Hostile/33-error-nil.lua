-- expect: script error object is a nil
-- An error without an object.
function row(r) error() end
