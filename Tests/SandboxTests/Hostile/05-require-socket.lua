-- expect: denied modules come later
-- A network library.
local socket = require 'socket'
