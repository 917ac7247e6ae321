-- expect: denied 'io' is not available
-- A file.
local f = io.open('/etc/passwd')
