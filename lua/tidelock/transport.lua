-- transport.lua: who makes the requests of `tl.http`: the host. In a spec with stubs: stubs.lua, which puts its own functions here.
-- May use: native.

local native = require "tidelock.native"

return { start = native.http_start, chunk = native.http_chunk, finish = native.http_finish, own_address = native.own_address }
